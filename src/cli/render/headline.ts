import type { Session } from '../session.ts';

/** `search  eu-west-1  account 123456789012  Elasticsearch 9.4.6  3 × m7g.large` */
export function headline(session: Pick<Session, 'config' | 'context' | 'simulation'>): string {
  const { config, context, simulation } = session;
  const groups = config.nodeGroups.map((group) => `${group.count} × ${group.instanceType}`).join(' + ');
  const account = `${simulation === undefined ? 'account' : 'simulated account'} ${context.facts.accountId}`;
  return [config.name, config.region, account, `Elasticsearch ${config.elasticsearch.version}`, groups].join(
    '  ',
  );
}
