import type { Config, NodeGroup } from './config.ts';
import { allRoles, defaultBastionType, type ConfigFile } from './schema.ts';

/** Brings the short forms of the file to the one form that everything else reads. */
export function resolveConfig(file: ConfigFile): Config {
  const { name, region, network, image, access, logs, iam, encryption, tags } = file;
  const { version, settings, heapMiB, jvmOptions, pluginSettings } = file.elasticsearch;
  const { zones } = network;
  return {
    name,
    region,
    elasticsearch: {
      version,
      settings,
      heapMiB,
      ...(jvmOptions.length === 0 ? {} : { jvmOptions }),
      ...(pluginSettings.length === 0 ? {} : { pluginSettings }),
    },
    nodeGroups: resolveNodeGroups(file),
    network: {
      cidr: network.cidr,
      zones: typeof zones === 'number' ? { count: zones } : { names: zones },
      nat: network.nat,
      flowLogs: network.flowLogs,
    },
    bastion: resolveBastion(file.bastion),
    image: { uri: image.uri },
    access: { cidrs: access.cidrs, endpoint: access.endpoint },
    logs: { retentionDays: logs.retentionDays },
    iam: { permissionsBoundary: iam.permissionsBoundary, path: iam.path },
    encryption: { kmsKeyId: encryption.kmsKeyId },
    tags,
  };
}

function resolveNodeGroups({ nodes, instanceType, storage }: ConfigFile): readonly NodeGroup[] {
  if (typeof nodes === 'number') {
    return [{ name: 'default', count: nodes, roles: allRoles, instanceType, storage }];
  }
  return nodes.map((group) => ({
    name: group.name,
    count: group.count,
    roles: group.roles,
    instanceType: group.instanceType ?? instanceType,
    storage: {
      sizeGiB: group.storage?.sizeGiB ?? storage.sizeGiB,
      iops: group.storage?.iops ?? storage.iops,
      throughputMiBps: group.storage?.throughputMiBps ?? storage.throughputMiBps,
    },
  }));
}

function resolveBastion(bastion: ConfigFile['bastion']): Config['bastion'] {
  if (bastion === false) return { enabled: false };
  if (bastion === true) return { enabled: true, instanceType: defaultBastionType, allowedCidrs: 'caller' };
  if (!bastion.enabled) return { enabled: false };
  return {
    enabled: true,
    instanceType: bastion.instanceType,
    allowedCidrs: bastion.allowedCidrs ?? 'caller',
  };
}
