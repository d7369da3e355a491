/** A disk watermark, as Elasticsearch writes it. */
export interface Watermark {
  /** A share of what may be used (`85%`, `0.85`), or what must stay free (`50gb`). */
  readonly value: string;
  /** The most that a share leaves free, however large the disk (`200GB`); `-1` is none. */
  readonly maxHeadroom: string;
}

/** What Elasticsearch does as disks fill up ("Disk-based shard allocation settings"). */
export interface Watermarks {
  /** False: none of it (`cluster.routing.allocation.disk.threshold_enabled`). */
  readonly isEnabled: boolean;
  /** No more shards go to a node above it. */
  readonly low: Watermark;
  /** Shards leave a node above it. */
  readonly high: Watermark;
  /** Indices with a shard on a node above it take no more writes. */
  readonly floodStage: Watermark;
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
  tb: 1024 ** 4,
  pb: 1024 ** 5,
};

/** How many bytes of a disk a watermark wants free; undefined for a text that is not one. */
export function freeBytesFor(watermark: Watermark, totalBytes: number): number | undefined {
  const share = shareOf(watermark.value);
  if (share === undefined) return bytesOf(watermark.value);
  const headroom = bytesOf(watermark.maxHeadroom);
  return Math.min(Math.round(totalBytes * (1 - share)), headroom ?? Number.POSITIVE_INFINITY);
}

/** `85%` and `0.85` alike. */
function shareOf(text: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text.trim());
  if (percent !== null) return Number(percent[1]) / 100;
  return /^0?\.\d+$|^[01](?:\.0+)?$/.test(text.trim()) ? Number(text) : undefined;
}

/** `200GB`, as Elasticsearch counts: by 1024. */
function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text.trim().toLowerCase());
  const unit = units[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}
