import { rows, sql } from '@plinth/store'
import { readConfig, readMode, removeConfig, removeMode } from '../registry/settings.ts'
import { contextOf, type CsrAsk } from './asked.ts'
import { noteSetting } from './config.ts'
import { refusal } from './errors.ts'
import { page } from './pages.ts'
import type { CsrParts } from './parts.ts'

const contextsMax = 10_000

/** Contexts are projects: they come and go with those, and have only settings of their own here. */
export function contexts({ store, places }: CsrParts) {
  return {
    async list(ask: CsrAsk): Promise<string[]> {
      const { contextPrefix = '' } = ask.query
      const projects = await places.projects(ask)
      const all = ['.', ...projects.map((project) => `.${project}`).sort()]
      return page(ask.query, contextsMax).of(all.filter((name) => name.startsWith(contextPrefix)))
    },

    /** Forgets the settings of a context without subjects; 42211 where it has any, deleted softly or not. */
    async remove(ask: CsrAsk): Promise<void> {
      const project = contextOf(ask)
      if (project === undefined) throw refusal(42205, 'The default context can not be deleted')
      const scope = await places.scope(ask, 'update')
      await store.transaction(async (tx) => {
        const [one] = await rows<{ one: number }>(
          tx,
          sql`select 1 as one from subjects where project = ${project} limit 1`,
        )
        if (one !== undefined) throw refusal(42211, `The specified context '.${project}' is not empty`)
        const { own: config } = await readConfig(tx, scope)
        const { own: mode } = await readMode(tx, scope)
        if (config !== undefined) {
          await removeConfig(tx, scope)
          await noteSetting(tx, ask.who, scope, 'config', { from: { ...config } })
        }
        if (mode !== undefined) {
          await removeMode(tx, scope)
          await noteSetting(tx, ask.who, scope, 'mode', { from: mode })
        }
      })
    },
  }
}
