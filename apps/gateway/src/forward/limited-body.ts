import { failure } from '@plinth/contracts'
import { Transform, type Readable } from 'node:stream'

/** A body without a declared length, counted on its way: what is longer than the route takes ends the request. */
export function limitedBody(source: Readable, bytesMax: number, tooLarge: (error: unknown) => void): Readable {
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= bytesMax) return done(null, chunk)
      const error = failure('platform.body_too_large')
      tooLarge(error)
      done(error)
    },
  })
  // What still comes is thrown away, so that the caller gets to read our answer.
  counter.on('error', () => source.unpipe(counter).resume())
  source.once('error', (error) => counter.destroy(error)).once('aborted', () => counter.destroy())
  return source.pipe(counter)
}
