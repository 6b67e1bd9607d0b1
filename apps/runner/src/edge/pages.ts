import type { IncomingMessage, ServerResponse } from 'node:http'

export type Notice = { status: number; code: string; title: string; detail: string; retryAfterSeconds?: number }

export const unknownHost = (host: string): Notice => ({
  status: 404,
  code: 'runner.workload_unknown',
  title: 'No workload answers here',
  detail: `Nothing on this runner answers for ${host === '' ? 'a request without a host' : host}. Check the name (<workload>.<environment>.<project>.localhost), and whether it is deployed to that environment.`,
})

export const notReady = (workload: string): Notice => ({
  status: 503,
  code: 'platform.unavailable',
  title: 'The workload is not ready',
  detail: `No replica of ${workload} is ready just now. It may be starting: try again in a few seconds. If it stays like this, look at its status and its logs in the portal.`,
  retryAfterSeconds: 2,
})

export const badAnswer = (workload: string): Notice => ({
  status: 502,
  code: 'platform.unavailable',
  title: 'The workload broke off',
  detail: `A replica of ${workload} took the request and closed the connection before it had answered. Its logs say why.`,
})

export const tooSlow = (workload: string): Notice => ({
  status: 504,
  code: 'platform.timeout',
  title: 'The workload did not answer in time',
  detail: `A replica of ${workload} took the request and did not answer within two minutes. Its traces show where the time went.`,
})

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A page for a browser, a problem document (RFC 9457) for everything else. */
export function sendNotice(req: IncomingMessage, res: ServerResponse, notice: Notice): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const isBrowser = (req.headers.accept ?? '').includes('text/html')
  const { status, code, title, detail, retryAfterSeconds } = notice
  const body = isBrowser
    ? page(notice)
    : JSON.stringify({ type: `https://plinth.dev/problems/${code}`, title, status, detail, code })
  res.writeHead(status, {
    'content-type': isBrowser ? 'text/html; charset=utf-8' : 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  })
  res.end(body)
}

const page = ({ status, title, detail, retryAfterSeconds }: Notice): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
${retryAfterSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${retryAfterSeconds}">`}
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem}p.code{opacity:.7}</style></head>
<body><main><p class="code">${status}</p><h1>${escaped(title)}</h1><p>${escaped(detail)}</p></main></body></html>
`
