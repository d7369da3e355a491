import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';

import type { Clients } from '../../aws/clients.ts';
import { secretVariables } from '../../elasticsearch/container.ts';
import type { Resource } from '../../engine/resource.ts';
import { EsEcsError } from '../../errors.ts';
import type { StepContext } from '../context.ts';
import { type Secret, secret } from './secret.ts';

/** Key names within the secrets' JSON. */
const authorityKeys = z.object({ certificate: z.string(), privateKey: z.string() });

type Signer = z.infer<typeof authorityKeys>;

/** The three secrets of a cluster. */
export interface Secrets {
  readonly authority: Resource<unknown, Secret>;
  readonly certificates: Resource<unknown, Secret>;
  readonly password: Resource<unknown, Secret>;
}

/**
 * The certificate authority, whose private key no host ever sees; the certificates that it signed, which every node gets; and
 * the password of the user `elastic`.
 */
export function secrets(context: StepContext): Secrets {
  const { adapters, clock, config } = context;
  let ownSigner: Signer | undefined;
  const authority = secret(context, {
    secret: 'authority',
    description: `certificate authority of the Elasticsearch cluster ${config.name}`,
    needs: {},
    make: async () => {
      const { certificate, privateKey } = await clock.hold(adapters.secrets.authority(config.name));
      return { values: { certificate, privateKey } };
    },
    made: ({ values }) => {
      ownSigner = authorityKeys.parse(values);
    },
  });
  const certificates = secret(context, {
    secret: 'certificates',
    description: `node certificate of the Elasticsearch cluster ${config.name}`,
    needs: { authority },
    make: async (inputs) => {
      const signer = ownSigner ?? (await readAuthority(context.clients, inputs.authority.secretArn));
      const node = await clock.hold(adapters.secrets.nodeCertificate(config.name, signer));
      return {
        values: {
          caCertificate: signer.certificate,
          nodeCertificate: node.certificate,
          nodeKey: node.privateKey,
        },
        notAfterMs: node.notAfterMs,
      };
    },
  });
  const password = secret(context, {
    secret: 'password',
    description: `password of the user elastic of the Elasticsearch cluster ${config.name}`,
    needs: {},
    make: () => Promise.resolve({ values: { password: adapters.secrets.password() } }),
  });
  return { authority, certificates, password };
}

/**
 * What the container gets, as the task definition has it: an environment variable, and one key of a secret's JSON
 * (`arn:…:name:key::`, ECS developer guide, "Pass Secrets Manager secrets").
 */
export function containerSecrets(arns: {
  readonly certificates: string;
  readonly password: string;
}): { name: string; valueFrom: string }[] {
  const keys = ['caCertificate', 'nodeCertificate', 'nodeKey'] as const;
  return [
    ...keys.map((key) => ({ name: secretVariables[key], valueFrom: `${arns.certificates}:${key}::` })),
    { name: secretVariables.password, valueFrom: `${arns.password}:password::` },
  ];
}

/** @throws EsEcsError NOT_FOUND when the secret is not the authority that es-ecs wrote */
async function readAuthority({ secretsManager }: Clients, secretArn: string): Promise<Signer> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretArn }));
  const parsed = authorityKeys.safeParse(parse(SecretString ?? ''));
  if (parsed.success) return parsed.data;
  throw new EsEcsError('NOT_FOUND', `the secret ${secretArn} holds no certificate authority`, {
    hint: 'somebody else has written it: restore its first version, which carries AWSPREVIOUS or a version id',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
