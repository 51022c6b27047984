/** The process ends with 2. */
export class UsageError extends Error {}
