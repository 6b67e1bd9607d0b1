import { failure } from '@plinth/contracts'
import type { FastifyInstance } from 'fastify'

/** Deeper than any document that we take; what walks a value recursively would otherwise run out of stack. */
const depthMax = 64
const jsonTypes = /^application\/(?:[\w.-]+\+)?json(?:\s*;.*)?$/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** JSON bodies only; `application/<anything>+json` too, for clients that name a dialect. */
export function parseJsonBodies(app: FastifyInstance, alsoTypes?: RegExp): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser(alsoTypes === undefined ? jsonTypes : '*', { parseAs: 'buffer' }, (request, bytes, done) => {
    try {
      const type = request.headers['content-type'] ?? ''
      if (!jsonTypes.test(type) && alsoTypes?.test(type) !== true)
        throw failure('platform.media_type_unsupported', { detail: 'This route takes JSON.' })
      const text = utf8.decode(bytes as Buffer)
      if (deeperThan(text, depthMax))
        throw failure('platform.request_invalid', { detail: `The body is nested deeper than ${depthMax} levels.` })
      void parse(request, text, done)
    } catch (error) {
      done(
        error instanceof TypeError
          ? failure('platform.request_invalid', { detail: 'The body is not valid UTF-8.' })
          : (error as Error),
      )
    }
  })
}

/** As before; and bytes that are called nothing, or an octet stream, are JSON too, as Confluent's registry takes them. */
export function parseAsJson(app: FastifyInstance): void {
  parseJsonBodies(app, /^(?:application\/octet-stream(?:\s*;.*)?)?$/i)
}

/** For routes that take no body: some clients name a content type all the same, and that is no reason to refuse. */
export function ignoreBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _bytes, done) => done(null, undefined))
}

/** For raw routes: the body stays in the socket, whatever its type, until the handler reads it. */
export function leaveBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
}

/** Whether brackets outside of strings nest deeper; one pass, about 1 ms for 1 MiB. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === 92) index++
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 123 || code === 91) {
      if (++depth > limit) return true
    } else if (code === 125 || code === 93) depth--
  }
  return false
}
