/** What shows how the simulated account is after something was done to it: the next command of all that do. */
export const nextInRehearsal = 'es-ecs status --simulate';
