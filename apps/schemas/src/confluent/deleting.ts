import type { Tx } from '@plinth/store'
import { again } from '../registry/again.ts'
import * as removal from '../registry/delete.ts'
import { readMode } from '../registry/settings.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { lockSubject } from '../registry/write-store.ts'
import { versionOf, type CsrAsk } from './asked.ts'
import { notPermitted, refusal, refuseReadOnly, subjectNotFound, versionNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'

const referredTo = (place: SubjectPlace): Error =>
  refusal(42206, `One or more references exist to the schema {subject=${place.subject}}`)

const inUse = (place: SubjectPlace): Error =>
  notPermitted(`What is deployed writes or reads ${place.subject}; its impact in Plinth names it`)

/** Deleting in two steps: softly, which can be undone by registering again, and then for good. */
export function deleting({ store, clock, places }: CsrParts) {
  /** Runs in the transaction that holds the subject, unless its mode forbids any change. */
  const change = <T>(place: SubjectPlace, work: (tx: Tx) => Promise<T>): Promise<T> =>
    again(() =>
      store.transaction(async (tx) => {
        await lockSubject(tx, place.project, place.subject)
        refuseReadOnly(place, (await readMode(tx, place)).effective)
        return work(tx)
      }),
    )

  async function remove(tx: Tx, { who, query }: CsrAsk, place: SubjectPlace, versions: readonly number[]) {
    const { permanent = false } = query
    if (await removal.isReferredTo(tx, place, versions, permanent)) throw referredTo(place)
    if (permanent && (await removal.isDeployed(tx, place, versions))) throw inUse(place)
    await (permanent ? removal.deleteForGood : removal.deleteSoftly)(tx, who, place, versions, clock.now())
  }

  return {
    async deleteSubject(ask: CsrAsk): Promise<number[]> {
      const place = await places.toChange(ask, ask.params.subject ?? '', 'delete')
      const { permanent = false } = ask.query
      return change(place, async (tx) => {
        const states = await removal.lockStates(tx, place)
        const live = states.filter(({ deleted }) => !deleted)
        const name = place.subject
        if (states.length === 0) throw subjectNotFound(name)
        if (!permanent && live.length === 0)
          throw refusal(40404, `Subject '${name}' was soft deleted.Set permanent=true to delete permanently`)
        if (permanent && live.length > 0)
          throw refusal(40405, `Subject '${name}' was not deleted first before being permanently deleted`)
        const versions = (permanent ? states : live).map(({ version }) => version)
        await remove(tx, ask, place, versions)
        return versions
      })
    },

    async deleteVersion(ask: CsrAsk): Promise<number> {
      const which = versionOf(ask.params.version)
      const place = await places.toChange(ask, ask.params.subject ?? '', 'delete')
      const { permanent = false } = ask.query
      return change(place, async (tx) => {
        const states = await removal.lockStates(tx, place)
        if (states.length === 0) throw subjectNotFound(place.subject)
        const state =
          which === 'latest'
            ? states.findLast(({ deleted }) => !deleted)
            : states.find(({ version }) => version === which)
        if (state === undefined) throw versionNotFound(which)
        const { version, deleted } = state
        const where = `Subject '${place.subject}' Version ${version}`
        if (!permanent && deleted)
          throw refusal(40406, `${where} was soft deleted.Set permanent=true to delete permanently`)
        if (permanent && !deleted)
          throw refusal(40407, `${where} was not deleted first before being permanently deleted`)
        await remove(tx, ask, place, [version])
        return version
      })
    },
  }
}
