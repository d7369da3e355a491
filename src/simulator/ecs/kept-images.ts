import { table, type World } from '../core/world.ts';
import type { ImageRow } from '../ecr/repositories.ts';

interface KeptRow {
  readonly instanceId: string;
  readonly image: ImageRow;
}

/** What Docker has pulled, by host and by the name that it was pulled under. */
const kept = table<KeptRow>('ecs/kept-images');

/** An image under its name on a host. */
export interface OnHost {
  readonly instanceId: string;
  /** As the task definition names it. */
  readonly image: string;
}

function key({ instanceId, image }: OnHost): string {
  return `${instanceId} ${image}`;
}

/** A host has pulled an image. */
export function keepImage(world: World, where: OnHost, image: ImageRow): void {
  world.rows(kept).set(key(where), { instanceId: where.instanceId, image });
}

/** What a host has of an image, whether the registry still has it or not. */
export function imageOnHost(world: World, where: OnHost): ImageRow | undefined {
  return world.rows(kept).get(key(where))?.image;
}

/** The disk of a host is gone. */
export function forgetImages(world: World, instanceId: string): void {
  for (const [id, row] of world.rows(kept)) {
    if (row.instanceId === instanceId) world.rows(kept).delete(id);
  }
}
