import { z } from 'zod';

/**
 * What a value must be, as the end of the sentence "0 is not …". Kept beside the schema and not in it, so
 * that the published JSON Schema holds only what editors know.
 */
export const wording = z.registry<{ readonly what: string }>();

/** Every role a node has when `node.roles` is not set (elastic.co, "Node roles"). */
export const allRoles = [
  'master',
  'data',
  'data_content',
  'data_hot',
  'data_warm',
  'data_cold',
  'data_frozen',
  'ingest',
  'ml',
  'remote_cluster_client',
  'transform',
] as const;

/** More than any region has; the split of the VPC's addresses keeps a place for this many. */
const maxZones = 6;

/** The bastion's instance type where the file names none. */
export const defaultBastionType = 't4g.nano';

/** As many as one config may ask for in all. */
export const maxNodes = 1_000;

/** The days that CloudWatch Logs accepts (PutRetentionPolicy, `retentionInDays`). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/**
 * Elasticsearch takes no more by itself (MachineDependentHeap): past it, object pointers no longer
 * compress.
 */
const maxHeapMiB = 31 * 1024;

interface FieldText {
  /** The end of "0 is not …", with what is allowed in brackets. */
  readonly what: string;
  readonly description: string;
}

function field<Schema extends z.ZodType>(schema: Schema, { what, description }: FieldText): Schema {
  const described = schema.describe(description);
  wording.add(described, { what });
  return described;
}

const instanceTypeShape =
  /^[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|xlarge|\d{1,3}xlarge|metal|metal-\d{1,3}xl)$/;

function instanceType(description: string): z.ZodString {
  return field(z.string().regex(instanceTypeShape), {
    what: 'an instance type (such as m7g.large or r7i.2xlarge)',
    description,
  });
}

function cidr(description: string): z.ZodCIDRv4 {
  const what = 'an IPv4 CIDR (such as 10.0.0.0/16; one address is 203.0.113.7/32)';
  return field(z.cidrv4(), { what, description });
}

const storageFields = {
  sizeGiB: field(z.int().min(1).max(65_536), {
    what: 'a size in GiB (1 to 65536, gp3)',
    description: 'Size of the data volume of each node, in GiB. It can grow later, never shrink.',
  }),
  iops: field(z.int().min(3000).max(80_000), {
    what: 'a number of IOPS (3000 to 80000, gp3)',
    description: 'IOPS of each data volume. 3000 are free; past them at most 500 for each GiB.',
  }),
  throughputMiBps: field(z.int().min(125).max(2000), {
    what: 'a throughput in MiB/s (125 to 2000, gp3)',
    description:
      'Throughput of each data volume in MiB/s. 125 are free; at most a quarter MiB/s for each of the IOPS.',
  }),
};

const storage = field(
  z.strictObject({
    sizeGiB: storageFields.sizeGiB.default(200),
    iops: storageFields.iops.default(3000),
    throughputMiBps: storageFields.throughputMiBps.default(125),
  }),
  {
    what: 'a map of sizeGiB, iops and throughputMiBps',
    description: 'The data volume of each node: gp3, encrypted, and kept when its host dies.',
  },
);

const groupStorage = field(
  z.strictObject({
    sizeGiB: storageFields.sizeGiB.optional(),
    iops: storageFields.iops.optional(),
    throughputMiBps: storageFields.throughputMiBps.optional(),
  }),
  {
    what: 'a map of sizeGiB, iops and throughputMiBps',
    description: 'Data volumes of this group; what is not set here comes from the top-level `storage`.',
  },
);

const nodeCount = field(z.int().min(1).max(maxNodes), {
  what: `a number of nodes (1 to ${maxNodes})`,
  description: 'How many nodes this group has.',
});

const nodeGroup = field(
  z.strictObject({
    name: field(z.string().regex(/^(?=.{1,16}$)[a-z](-?[a-z0-9])*$/), {
      what: "a group's name (1 to 16 of a-z, 0-9 and single '-' between, starting with a letter)",
      description: 'Name of the group; unique in the file, and part of the names of its nodes.',
    }),
    count: nodeCount,
    roles: field(
      z.array(
        field(z.literal([...allRoles, 'voting_only']), {
          what: `a node role (${[...allRoles, 'voting_only'].join(', ')})`,
          description: 'A role, as in `node.roles` of Elasticsearch.',
        }),
      ),
      {
        what: 'a list of node roles',
        description:
          '`node.roles` of these nodes. An empty list makes nodes that only coordinate. Left out: all roles.',
      },
    ).default([...allRoles]),
    instanceType: instanceType(
      'Instance type of this group; left out: the top-level `instanceType`.',
    ).optional(),
    storage: groupStorage.optional(),
  }),
  {
    what: 'a node group (a map with name and count)',
    description: 'Nodes that are alike: the same roles, instance type and storage.',
  },
);

const nodes = field(z.union([nodeCount, z.array(nodeGroup).min(1).max(20)]), {
  what: `a number of nodes (1 to ${maxNodes}) or a list of node groups`,
  description:
    'How many nodes, all with every role; or a list of node groups, each with name, count and, where wanted, ' +
    'roles, instanceType and storage of its own. Nodes are named after their group and counted in it (search-hot-0; those of ' +
    'a plain number, which is the group called default, search-0). They can be added at any time, and taken away: the last ones ' +
    'of the group leave, once the others hold their shards. Their data volumes stay. A group that is renamed is a new one, which ' +
    'joins before the old one leaves.',
});

const settingScalar = z.union([z.string(), z.number(), z.boolean()]);

const settings = field(
  z.record(
    z.string(),
    field(z.union([settingScalar, z.array(settingScalar)]), {
      what:
        "a setting's value (text, number, true or false, or a list of them; " +
        'nested settings are written with dots)',
      description: 'A scalar, or a list of scalars.',
    }),
  ),
  {
    what: 'a map from setting to value',
    description:
      'Settings of Elasticsearch, written with dots (`indices.memory.index_buffer_size: 20%`). Dynamic ones are given ' +
      'to the running cluster by API, and nothing restarts; static ones go into elasticsearch.yml, and the nodes restart ' +
      'one by one. What leaves this list is taken back; what you set by API beside it stays. ' +
      'Those that es-ecs owns are refused, with the reason.',
  },
);

const elasticsearch = field(
  z.strictObject({
    version: field(z.string().regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/), {
      what: 'a version (three numbers, such as 9.4.6)',
      description: 'Version of Elasticsearch: 8.13.0 or later of 8.x, or any 9.x.',
    }),
    heapMiB: field(z.int().min(256).max(maxHeapMiB), {
      what: `a heap size in MiB (256 to ${maxHeapMiB}, which is 31 GiB)`,
      description: "Java heap of each node in MiB. Left out: by rule from the instance type's memory.",
    }).optional(),
    settings: settings.default({}),
    pluginSettings: field(
      z
        .array(
          field(z.string().regex(/^[a-z][\w-]*(\.[\w-]+)*\.?$/), {
            what: "the beginning of a setting's name (such as my_plugin.)",
            description: 'What names of settings begin with that a plugin brings.',
          }),
        )
        .max(100),
      {
        what: "a list of beginnings of settings' names (100 at most)",
        description:
          'Settings of plugins: a name that the version of Elasticsearch does not know is refused, unless it begins so.',
      },
    ).default([]),
    jvmOptions: field(
      z
        .array(
          field(z.string().regex(/^-[^\s]+$/), {
            what: 'one option of the JVM (such as -XX:+UseParallelGC)',
            description: 'One option of the JVM, as it would stand on a line of jvm.options.',
          }),
        )
        .max(100),
      {
        what: 'a list of options of the JVM (100 at most)',
        description:
          "Options of each node's JVM, beside those of Elasticsearch and after them. The nodes restart one by one for a change. " +
          'What es-ecs sets itself is refused.',
      },
    ).default([]),
  }),
  { what: 'a map with a version', description: 'Which Elasticsearch runs, and how it is set up.' },
);

const zoneName = field(z.string().regex(/^[a-z]{2,4}(-[a-z0-9]+)+[a-z]$/), {
  what: 'the name of an availability zone (such as eu-west-1a)',
  description: 'Name of an availability zone of the region.',
});

const network = field(
  z.strictObject({
    cidr: cidr(
      'Addresses of the VPC, /16 to /24. Each zone takes an eighth of them, so that zones can be added without ' +
        'moving a subnet. It cannot be changed once the VPC exists.',
    ).default('10.0.0.0/16'),
    zones: field(z.union([z.int().min(1).max(maxZones), z.array(zoneName).min(1).max(maxZones)]), {
      what: `a number of zones (1 to ${maxZones}) or a list of zone names`,
      description:
        "How many of the region's availability zones to use, or their names. A node stays in the zone of its data volume, so " +
        'that a zone with data stays in the list; one whose nodes have never had a host can be exchanged for another. With ' +
        '`nat: single` the first has the gateway.',
    }).default(3),
    nat: field(z.literal(['per-zone', 'single', 'none']), {
      what: 'a kind of NAT (per-zone, single or none)',
      description:
        'NAT gateways, through which hosts reach AWS and pull images: one in each zone, a single one (cheaper, but ' +
        'when its zone fails no host reaches AWS), or none: then you bring interface endpoints or a route of your own.',
    }).default('per-zone'),
    flowLogs: field(z.boolean(), {
      what: 'true or false',
      description:
        'Whether the VPC keeps a flow log: who talked to whom, accepted or refused, in a CloudWatch log group of its ' +
        'own with the retention of `logs`. CloudWatch charges by the gigabyte.',
    }).default(false),
  }),
  { what: 'a map of cidr, zones, nat and flowLogs', description: 'The VPC that is made for the cluster.' },
);

const bastion = field(
  z.union([
    z.boolean(),
    z.strictObject({
      enabled: field(z.boolean(), {
        what: 'true or false',
        description: 'Whether there is a bastion.',
      }).default(true),
      instanceType: instanceType('Instance type of the bastion.').default(defaultBastionType),
      allowedCidrs: field(z.array(cidr('A block of addresses; one address is `203.0.113.7/32`.')).min(1), {
        what: 'a list of CIDRs (at least one)',
        description:
          'Who may reach the bastion by SSH. Left out: only the public address of whoever runs es-ecs, asked when ' +
          'it is needed.',
      }).optional(),
    }),
  ]),
  {
    what: 'true, false, or a map of enabled, instanceType and allowedCidrs',
    description:
      'The only way in from outside: a small host that forwards SSH to the nodes. `true` takes the defaults.',
  },
);

const image = field(
  z.strictObject({
    uri: field(
      z.string().regex(/^[a-z0-9][a-zA-Z0-9._:-]*(\/[a-z0-9._-]+)+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?$/),
      {
        what: 'an image with its registry (such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6)',
        description:
          'An image that exists already, with its tag or, better, its digest. Left out: es-ecs builds one and pushes ' +
          "it to the cluster's own repository.",
      },
    ).optional(),
  }),
  { what: 'a map with uri', description: 'The container image that the nodes run.' },
);

const access = field(
  z.strictObject({
    cidrs: field(z.array(cidr('A block of addresses inside the networks that reach the VPC.')), {
      what: 'a list of CIDRs',
      description: 'Who may reach port 9200, beside the nodes themselves and the bastion.',
    }).default([]),
    endpoint: field(z.string().regex(/^https:\/\/([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\/?$/), {
      what: 'an address of the form https://host:9200',
      description:
        'Where es-ecs itself reaches Elasticsearch, instead of going through the bastion: a node, or what stands before ' +
        "them and leaves TLS to them, as only the cluster's own certificate is trusted. Needed with the bastion off.",
    }).optional(),
  }),
  { what: 'a map of cidrs and endpoint', description: 'Who may talk to Elasticsearch, and where.' },
);

/** A managed policy, of an account or AWS's own; its own path and name may hold what IAM's names do ("IAM identifiers"). */
const managedPolicyArn = /^arn:aws(-[a-z]+)*:iam::(\d{12}|aws):policy\/([\w+=,.@-]+\/)*[\w+=,.@-]{1,128}$/;

/**
 * IAM takes every printable sign from `!` on ("CreateRole", Path: at most 512). Those of names are enough, and the others mean something in the
 * ARNs of policies.
 */
const iamPath = /^\/([\w+=,.@-]+\/)*$/;

const iam = field(
  z.strictObject({
    permissionsBoundary: field(z.string().max(2048).regex(managedPolicyArn), {
      what: 'the ARN of a managed policy (such as arn:aws:iam::123456789012:policy/boundary)',
      description:
        'A managed policy that every role of the cluster gets as its permissions boundary: no role can do more than it allows. ' +
        'It must allow what the roles need (docs/permissions.md has that as a policy). Roles that exist get it, get another, or lose it, and nothing restarts.',
    }).optional(),
    path: field(z.string().max(512).regex(iamPath), {
      what: "a path of IAM (of letters, digits and + = , . @ _ -, beginning and ending with '/', such as /company/search/)",
      description:
        'Path of the roles and the instance profile. IAM cannot move a role: where there is one already, another path is refused.',
    }).default('/'),
  }),
  {
    what: 'a map of permissionsBoundary and path',
    description: 'What a company asks of every role that is made in its account.',
  },
);

const keyId = '([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})';
const alias = String.raw`alias/[\w/-]{1,250}`;

/** How KMS names a key: "Key identifiers (KeyId)". The id of a multi-Region key begins with mrk-. */
const kmsKey = new RegExp(
  `^(arn:aws(-[a-z]+)*:kms:[a-z]{2,4}(-[a-z]+){1,2}-\\d{1,2}:\\d{12}:(key/${keyId}|${alias})|${keyId}|${alias})$`,
);

const encryption = field(
  z.strictObject({
    kmsKeyId: field(z.string().max(2048).regex(kmsKey), {
      what: 'a KMS key (its id, its ARN, an alias such as alias/search, or the ARN of an alias)',
      description:
        'A key of yours in this account and region, for everything that is kept: data volumes, disks of hosts and bastion, secrets, logs and images. Its policy must let ' +
        "AWS's services use it (docs/encryption.md). Left out: AWS's own keys, and for disks the account's default key. Secrets, logs and hosts get another key when it changes; " +
        'data volumes and the repository keep the one that they were made with.',
    }).optional(),
  }),
  { what: 'a map with kmsKeyId', description: 'With which key data is encrypted at rest; it always is.' },
);

const logs = field(
  z.strictObject({
    retentionDays: field(z.literal([...retentionDays]), {
      what: `a number of days that CloudWatch Logs accepts (${retentionDays.join(', ')})`,
      description: 'How many days CloudWatch Logs keeps the log of Elasticsearch.',
    }).default(30),
  }),
  { what: 'a map with retentionDays', description: 'The log of Elasticsearch, in CloudWatch Logs.' },
);

/** The value of one tag. */
export const tagValue = field(z.string().max(256), {
  what: "a tag's value (text of at most 256 characters; quote numbers)",
  description: 'Text of at most 256 characters.',
});

const tags = field(z.record(z.string(), tagValue), {
  what: 'a map from tag to value',
  description:
    "Tags set on everything, at most 40, beside es-ecs's own. Keys are letters, digits and `_ . : = + - @`, which is what all " +
    'services take, instance metadata among them. A change restarts nothing. What you or your tools have tagged beside it ' +
    'stays, on roles also in place of one of these whose key differs by its case alone, as IAM has room for one; what leaves this list is taken away.',
});

/**
 * The file `es-ecs.yaml`: its shape, its defaults and its descriptions. The rules between fields are in
 * rules.ts.
 */
export const configSchema = field(
  z.strictObject({
    name: field(z.string().regex(/^(?=.{2,24}$)[a-z](-?[a-z0-9])*$/), {
      what: "a cluster name (2 to 24 of a-z, 0-9 and single '-' between, starting with a letter)",
      description:
        'Name of the cluster, and the beginning of every name in the account. It cannot be changed later.',
    }),
    region: field(z.string().regex(/^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/), {
      what: 'an AWS region (such as eu-west-1)',
      description: 'AWS region that holds everything.',
    }),
    elasticsearch,
    nodes,
    instanceType: instanceType('Instance type of every group without its own, x86 or Graviton.').default(
      'm7g.large',
    ),
    storage: storage.prefault({}),
    network: network.prefault({}),
    bastion: bastion.default(true),
    image: image.prefault({}),
    access: access.prefault({}),
    logs: logs.prefault({}),
    iam: iam.prefault({}),
    encryption: encryption.prefault({}),
    tags: tags.default({}),
  }),
  {
    what: 'a map of settings',
    description: 'Configuration of es-ecs: one Elasticsearch cluster on Amazon ECS.',
  },
);

/** The file as read, defaults filled in, before node groups are made of it. */
export type ConfigFile = z.output<typeof configSchema>;
