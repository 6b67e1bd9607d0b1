import type { Static, TSchema } from 'typebox'

/** A question or command between processes: NATS request/reply on `plinth.rpc.<service>.<operation>`. */
export type RpcSpec<Request extends TSchema = TSchema, Response extends TSchema = TSchema> = {
  /** The process that answers; a runner answers on its own subject, see `rpcSubject`. */
  service: string
  operation: string
  request: Request
  response: Response
  /** Milliseconds that the asker waits; 5 s unless it says otherwise. */
  timeoutMs?: number
}

export const rpc = <Request extends TSchema, Response extends TSchema>(
  spec: RpcSpec<Request, Response>,
): RpcSpec<Request, Response> => spec

export type RpcRequest<R extends RpcSpec> = Static<R['request']>
export type RpcResponse<R extends RpcSpec> = Static<R['response']>

/** `instance` addresses one of several answerers (a runner by its name); without it they share the work. */
export function rpcSubject(spec: RpcSpec, instance?: string): string {
  const base = `plinth.rpc.${spec.service}`
  return instance === undefined ? `${base}.${spec.operation}` : `${base}.${instance}.${spec.operation}`
}
