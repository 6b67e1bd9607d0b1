import { rows, sql, type Executor } from '@plinth/store'
import { readMode, removeMode, writeMode, type Mode, type Scope } from '../registry/settings.ts'
import { lockSubject } from '../registry/write-store.ts'
import type { CsrAsk, ModeBody } from './asked.ts'
import { noteSetting } from './config.ts'
import { notPermitted, refusal, subjectNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'

type Answer = { mode: Mode }
const modes: readonly Mode[] = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT']

function modeOf(text: string): Mode {
  const mode = modes.find((known) => known === text.toUpperCase())
  if (mode !== undefined) return mode
  throw refusal(42204, `Invalid mode. Valid values are ${modes.join(', ')}`)
}

async function hasVersions(db: Executor, { project, subject }: Scope): Promise<boolean> {
  const [found] = await rows<{ one: number }>(
    db,
    sql`select 1 as one from versions where (${project} = '' or project = ${project})
    and (${subject} = '' or subject = ${subject}) and not deleted limit 1`,
  )
  return found !== undefined
}

/** Whether a subject or a context is written, read only, or imported with the ids of elsewhere. */
export function modesOf({ store, clock, places, rights }: CsrParts) {
  async function set(ask: CsrAsk<ModeBody>, scope: Scope): Promise<Answer> {
    const mode = modeOf(ask.body.mode)
    // What is imported is not held against what is there: who may let that in may let in what breaks.
    if (mode === 'IMPORT')
      await rights.require(ask.who, {
        action: 'approve',
        object: scope.subject === '' ? 'schema' : `schema/${scope.subject}`,
        domain: scope.project === '' ? '*' : scope.project,
      })
    return store.transaction(async (tx) => {
      await lockSubject(tx, scope.project, scope.subject)
      const { own, effective } = await readMode(tx, scope)
      // Ids that come with an import could already stand for something else.
      if (mode === 'IMPORT' && effective !== 'IMPORT' && ask.query.force !== true && (await hasVersions(tx, scope)))
        throw notPermitted('Cannot import since found existing subjects; empty them, or say force=true')
      await writeMode(tx, scope, mode, clock.now())
      await noteSetting(tx, ask.who, scope, 'mode', { from: own ?? effective, to: mode })
      return { mode }
    })
  }

  const remove = (ask: CsrAsk, scope: Scope): Promise<Answer> =>
    store.transaction(async (tx) => {
      await lockSubject(tx, scope.project, scope.subject)
      const { own } = await readMode(tx, scope)
      if (own === undefined && scope.subject !== '') throw subjectNotFound(scope.subject)
      await removeMode(tx, scope)
      const isRecursive = ask.query.recursive === true && scope.subject === '' && scope.project !== ''
      if (isRecursive) await tx.execute(sql`delete from scope_modes where project = ${scope.project}`)
      if (own !== undefined || isRecursive)
        await noteSetting(tx, ask.who, scope, 'mode', { from: own ?? 'READWRITE', recursive: isRecursive })
      return { mode: own ?? 'READWRITE' }
    })

  return {
    async getOfContext(ask: CsrAsk): Promise<Answer> {
      const { effective } = await readMode(store.db, await places.scope(ask, 'list'))
      return { mode: effective }
    },
    setOfContext: async (ask: CsrAsk<ModeBody>) => set(ask, await places.scope(ask, 'update')),
    removeOfContext: async (ask: CsrAsk) => remove(ask, await places.scope(ask, 'update')),

    async get(ask: CsrAsk): Promise<Answer> {
      const place = await places.toReadItself(ask, ask.params.subject ?? '')
      const { own, effective } = await readMode(store.db, place)
      if (ask.query.defaultToGlobal === true) return { mode: effective }
      if (own === undefined)
        throw refusal(40409, `Subject '${place.subject}' does not have subject-level mode configured`)
      return { mode: own }
    },
    set: async (ask: CsrAsk<ModeBody>) => set(ask, await places.toChange(ask, ask.params.subject ?? '', 'update')),
    remove: async (ask: CsrAsk) => remove(ask, await places.toChange(ask, ask.params.subject ?? '', 'update')),
  }
}
