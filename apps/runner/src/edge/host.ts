import type { IncomingMessage } from 'node:http'

/** The name that the client asked for: lower case, without port and final dot. */
export const hostOf = (req: IncomingMessage): string =>
  (req.headers.host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
