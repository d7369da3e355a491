import type { ProxiedRequest, ProxyOptions } from './proxy.ts';

/** Where moto is not as AWS's documentation says, and es-ecs is: bridged between the two, so that es-ecs need not be bent. */
interface Gap {
  /** What AWS does and moto does not, with the page that says so. */
  readonly name: string;
  /** The form of a request as moto wants it; undefined when it is no business of this gap. */
  readonly amend?: (form: URLSearchParams, action: string) => URLSearchParams | undefined;
  /** The answer as AWS gives it; undefined likewise. */
  readonly rewrite?: (answer: string, action: string) => string | undefined;
}

/** The proxy's part in it, and the names of the gaps that were met. */
export interface Bridge extends Required<Pick<ProxyOptions, 'amend' | 'rewrite'>> {
  readonly met: ReadonlySet<string>;
}

/** A bridge over every known gap, for one proxy. */
export function bridgeGaps(): Bridge {
  const gaps = allGaps();
  const met = new Set<string>();
  return {
    met,
    amend: ({ action, body, service }) => {
      if (service !== 'ec2') return body;
      let form = new URLSearchParams(body);
      for (const gap of gaps) {
        const amended = gap.amend?.(form, action);
        if (amended === undefined) continue;
        met.add(gap.name);
        form = amended;
      }
      return form.toString();
    },
    rewrite: (answer, _made, call: ProxiedRequest) => {
      let text = answer;
      for (const gap of gaps) {
        const rewritten = gap.rewrite?.(text, call.action);
        if (rewritten === undefined || rewritten === text) continue;
        met.add(gap.name);
        text = rewritten;
      }
      return text;
    },
  };
}

/** Fresh ones, as some learn. */
function allGaps(): readonly Gap[] {
  return [rootDiskSize(), templateTags(), keyPairIds()];
}

/** Each one's name: a gap that moto has closed is to be taken out here. */
export const gapNames: readonly string[] = allGaps().map((gap) => gap.name);

function rootDiskSize(): Gap {
  return {
    name: 'RunInstances: a root disk without a size has that of its image (EC2 user guide, "Block device mappings")',
    amend: (form, action) => {
      const field = 'BlockDeviceMapping.1.Ebs.VolumeSize';
      if (action !== 'RunInstances' || form.has(field)) return undefined;
      return withFields(form, [[field, '8']]);
    },
  };
}

function templateTags(): Gap {
  return {
    name: "DescribeLaunchTemplateVersions: a template's own tags are no part of its contents (API reference, CreateLaunchTemplate)",
    rewrite: (answer, action) =>
      action === 'DescribeLaunchTemplateVersions'
        ? answer.replaceAll(
            /<item>\s*<resourceType>launch-template<\/resourceType>\s*<tagSet>[^]*?<\/tagSet>\s*<\/item>/g,
            '',
          )
        : undefined,
  };
}

/** moto knows key pairs by name only: the names that go with the ids are learnt from what it answers. */
function keyPairIds(): Gap {
  const names = new Map<string, string>();
  return {
    name: 'DescribeKeyPairs and DeleteKeyPair take ids as well as names (API reference)',
    amend: (form, action) => {
      if (action !== 'DescribeKeyPairs' && action !== 'DeleteKeyPair') return undefined;
      const byName = [...form]
        .filter(([field]) => field.startsWith('KeyPairId'))
        .map(([field, id]): [string, string] => [field.replace('KeyPairId', 'KeyName'), names.get(id) ?? id]);
      return byName.length === 0 ? undefined : withFields(form, byName);
    },
    rewrite: (answer, action) => {
      if (action === 'ImportKeyPair' || action === 'DescribeKeyPairs') {
        const pairs = answer.split(/<\/item>|<\/ImportKeyPairResponse>/);
        for (const pair of pairs) {
          const id = /<keyPairId>(.*?)<\/keyPairId>/.exec(pair)?.[1];
          const name = /<keyName>(.*?)<\/keyName>/.exec(pair)?.[1];
          if (id !== undefined && name !== undefined) names.set(id, name);
        }
      }
      return undefined;
    },
  };
}

function withFields(form: URLSearchParams, fields: readonly (readonly [string, string])[]): URLSearchParams {
  const amended = new URLSearchParams(form);
  for (const [field, value] of fields) amended.set(field, value);
  return amended;
}
