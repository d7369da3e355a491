import type { ClusterControl } from '../elasticsearch/client.ts';
import type { ClusterAccess } from '../steps/adapters.ts';

/**
 * The way in, through which nothing is changed before `beforeWrite` has allowed it; as with calls to AWS, that is the account's lock.
 */
export function guardedCluster(access: ClusterAccess, beforeWrite: () => Promise<void>): ClusterAccess {
  const guard = (control: ClusterControl): ClusterControl => ({
    ...control,
    putSettings: async (changes) => {
      await beforeWrite();
      await control.putSettings(changes);
    },
    setPassword: async (password) => {
      await beforeWrite();
      await control.setPassword(password);
    },
    flush: async () => {
      await beforeWrite();
      return control.flush();
    },
    excludeVotes: async (names) => {
      await beforeWrite();
      await control.excludeVotes(names);
    },
    excludeAbsentVotes: async (ids) => {
      await beforeWrite();
      await control.excludeAbsentVotes(ids);
    },
    clearVoteExclusions: async (options) => {
      await beforeWrite();
      await control.clearVoteExclusions(options);
    },
  });
  return {
    ...access,
    allowWrites: beforeWrite,
    connect: async () => {
      const control = await access.connect();
      return control === undefined ? undefined : guard(control);
    },
  };
}
