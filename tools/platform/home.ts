import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Where all state of an embedded platform lives: `PLINTH_HOME`, or `.plinth` in the checkout. */
export type Home = { dir: string; logs: string; data(service: string): string; file(name: string): string }

export function openHome(dir: string = process.env['PLINTH_HOME'] ?? join(root, '.plinth')): Home {
  const base = resolve(dir)
  mkdirSync(join(base, 'logs'), { recursive: true, mode: 0o755 })
  return {
    dir: base,
    logs: join(base, 'logs'),
    file: (name) => join(base, name),
    data: (service) => {
      const path = join(base, 'data', service)
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return path
    },
  }
}
