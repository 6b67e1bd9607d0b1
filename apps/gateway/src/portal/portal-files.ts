import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'

/** Paths that belong to programs: a wrong one is an error there, and never the portal's page. */
const forPrograms =
  /^\/(?:api|auth|git|otlp|events|access\/v1|schema-registry|prometheus|webhooks|mcp|assets|\.well-known|healthz|readyz|metrics)(?:[/?]|$)/

/**
 * Scripts and styles only from our own files: what the portal styles by script it does through the CSSOM, and its
 * editor through adopted style sheets, neither of which needs a hole. What is not named is refused.
 */
const contentSecurityPolicy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
  "font-src 'self'", "connect-src 'self'", "worker-src 'self'", "manifest-src 'self'", "base-uri 'none'",
  "form-action 'self'", "frame-ancestors 'none'",
].join('; ') // prettier-ignore

export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

const hashed = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/**
 * Serves the portal: its files, and its page for every address that a person may have typed or reloaded. The folder is
 * looked at anew each time, so it may be built after the start. Answers whether it took the request.
 */
export async function portalFiles(app: FastifyInstance, directory: string) {
  if (directory === '') return () => Promise.resolve(false)
  const root = resolve(directory)
  await app.register(fastifyStatic, { root, serve: false, dotfiles: 'ignore', index: false })
  return async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const path = decodeURIComponent(request.url.split('?', 1)[0] ?? '/')
    const file = path === '/' ? undefined : path.slice(1)
    const isShown = file !== undefined && !file.split('/').some((part) => part.startsWith('.'))
    if (isShown && (await isFile(root, file))) {
      send(
        reply,
        file,
        path.startsWith('/assets/') && hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
      return true
    }
    const isNavigation = request.headers.accept?.includes('text/html') === true && !forPrograms.test(path)
    if (!isNavigation || !(await isFile(root, 'index.html'))) return false
    send(reply, 'index.html', 'no-cache')
    return true
  }
}

const send = (reply: FastifyReply, file: string, cacheControl: string): void =>
  void reply.headers({ ...securityHeaders, 'cache-control': cacheControl }).sendFile(file, { cacheControl: false })

async function isFile(root: string, file: string): Promise<boolean> {
  const full = join(root, file)
  if (!full.startsWith(root + sep)) return false
  return stat(full).then(
    (found) => found.isFile(),
    () => false,
  )
}
