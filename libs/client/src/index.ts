export { clientOf, createClient, type ClientOptions } from './create-client.ts'
export { PlinthError } from './plinth-error.ts'
export type { CallOptions, Client, Input, Operation, StreamEvent } from './types.ts'
