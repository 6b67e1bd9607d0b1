import type { ServiceContract } from '@plinth/contracts'

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
code{font:13px ui-monospace,monospace}h2{margin-top:2.5rem;text-transform:capitalize}`

/** A page that lists every operation: made once, at start, from the contracts; no script, nothing from elsewhere. */
export function apiDocs(contracts: readonly ServiceContract[]): string {
  const sections = contracts.map(({ service, routes }) => {
    const rows = Object.entries(routes).map(([operation, { method, path, summary, permission }]) => {
      const needs =
        typeof permission === 'string'
          ? permission
          : `${permission.action} ${permission.object} in ${permission.domain}`
      const cells = [`<code>${method} ${escape(path)}</code>`, escape(summary), `<code>${escape(needs)}</code>`]
      return `<tr id="${operation}">${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
    })
    return `<h2>${service}</h2><table><thead><tr><th>Request</th><th>What it does</th><th>Needs</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Plinth API</title><style>${style}</style></head><body><h1>Plinth API</h1><p>The whole description as OpenAPI 3.1: <a href="/api/openapi.json">/api/openapi.json</a>. Send <code>Authorization: Bearer &lt;token&gt;</code>.</p>${sections.join('')}</body></html>`
}

export const docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
