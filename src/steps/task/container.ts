/** The one container of a task, as the definition, the logs and those who look for them call it. */
export const container = {
  name: 'elasticsearch',
  /** Log streams are `<prefix>/<container>/<task id>`. */
  logPrefix: 'node',
} as const;
