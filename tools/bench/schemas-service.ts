/** The registry in a process of its own, which tells of its memory; started by schemas.ts. */
import { schemas } from '../../apps/schemas/src/app.ts'
import { loadConfig } from '../../apps/schemas/src/config.ts'

if (process.send !== undefined) {
  const { url } = await schemas(loadConfig())
  process.send({ url })
  process.on('message', () => {
    globalThis.gc?.()
    process.send?.(process.memoryUsage())
  })
  process.once('disconnect', () => process.exit(0))
}
