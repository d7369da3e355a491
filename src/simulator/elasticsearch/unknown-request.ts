/** The simulated Elasticsearch does not know what it is asked; the real one might. */
export class UnknownRequest extends Error {
  override readonly name = 'UnknownRequest';

  constructor(method: string, path: string) {
    super(`the simulated Elasticsearch does not know ${method} ${path}`);
  }
}
