import { secretVariables } from '../../elasticsearch/container.ts';
import type { Resource } from '../../engine/resource.ts';
import type { StepContext } from '../context.ts';
import { type Authority, readAuthority, signerIn, trustedIn } from './authority-value.ts';
import { rotating } from './certificate-rotation.ts';
import { issueOf } from './issue.ts';
import { type Secret, secret } from './secret.ts';

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
  let ownAuthority: Authority | undefined;
  const authority = secret(context, {
    secret: 'authority',
    description: `certificate authority of the Elasticsearch cluster ${config.name}`,
    needs: {},
    make: async () => {
      const { certificate, privateKey } = await clock.hold(adapters.secrets.authority(config.name));
      return { values: { certificate, privateKey } };
    },
    made: ({ values: { certificate = '', privateKey = '' } }) => {
      ownAuthority = { certificate, privateKey };
    },
  });
  const certificates = secret(context, {
    secret: 'certificates',
    description: `node certificate of the Elasticsearch cluster ${config.name}`,
    needs: { authority },
    make: async (inputs, observed) => {
      const signers = ownAuthority ?? (await readAuthority(context.clients, inputs.authority.secretArn));
      const issue = issueOf(observed?.tags ?? {});
      const node = await clock.hold(adapters.secrets.nodeCertificate(config.name, signerIn(signers, issue)));
      return {
        values: {
          caCertificate: trustedIn(signers, issue),
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
  return { authority, certificates: rotating(context, certificates), password };
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
