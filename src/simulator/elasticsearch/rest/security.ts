import { ok, recordOf, refused, type Route } from './asked.ts';

/** `_security/user/elastic/_password`: from now on the user's password is in the cluster, and no node's own counts any more. */
export const securityRoutes: Route = ({ method, words, body, cluster }) => {
  if (words.join('/') !== '_security/user/elastic/_password' || !['PUT', 'POST'].includes(method))
    return undefined;
  const { password } = recordOf(body);
  if (typeof password !== 'string' || password.length < 6) {
    return refused(
      400,
      'action_request_validation_exception',
      'Validation Failed: 1: passwords must be at least [6] characters long;',
    );
  }
  cluster.nativePassword = password;
  return ok({});
};
