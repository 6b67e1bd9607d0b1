import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const libs = new URL('../../', import.meta.url)

test('nothing that the client brings to a browser imports a module of Node', () => {
  const offenders = ['client', 'contracts', 'kernel'].flatMap((lib) => {
    const folder = new URL(`${lib}/src/`, libs)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return files
      .filter((file) => file.endsWith('.ts') && !/^test-support|\.test\./.test(file))
      .filter((file) => /from '(?:node:|fastify|pino|pg)/.test(readFileSync(new URL(file, folder), 'utf8')))
  })
  expect(offenders).toEqual([])
})
