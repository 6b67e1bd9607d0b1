import type { Identity } from '@plinth/kernel'
import type { Executor } from '@plinth/store'
import { judged, type Change, type Registered, type RegisterParts } from './change.ts'
import { inBatches } from './in-batches.ts'
import { prepare, type NewSchema, type Prepared } from './prepare.ts'
import { registerUnderLock } from './register-locked.ts'
import { numberOf, readStates, takeIds, type ContentName, type SubjectState } from './state.ts'
import { readVersion } from './store.ts'
import { writeStraight } from './straight.ts'
import { placeOfReference, type SubjectPlace } from './subject-name.ts'

/**
 * Registers in a subject. The same content again answers the version that it has, without any lock; plain content that
 * breaks nobody is written in one statement; all else under the subject's lock.
 */
export function registration(parts: RegisterParts) {
  const { db } = parts.store
  const stateOf = inBatches((places: readonly SubjectPlace[]) => readStates(db, places))
  const idOf = inBatches((contents: readonly ContentName[]) => takeIds(db, contents))

  async function written(who: Identity, place: SubjectPlace, change: { prepared: Prepared; state: SubjectState }) {
    const id = await idOf({ project: place.project, fingerprint: change.prepared.fingerprint })
    return writeStraight(db, who, place, { ...change, id, at: parts.clock.now() })
  }

  return async (who: Identity, place: SubjectPlace, wanted: NewSchema): Promise<Registered> => {
    for (const { subject } of wanted.references ?? []) {
      const target = placeOfReference(place.project, subject)
      if (target.project !== place.project) await parts.mayRead(who, target)
    }
    const state = await stateOf(place)
    const prepared = await prepare(db, place, wanted, state.config, state.latest)
    const known = state.highest === 0 ? undefined : await numberOf(db, place, prepared.fingerprint)
    if (known?.deleted === false) {
      const same = await versionOf(db, place, known.version, state)
      if (same !== undefined && (wanted.id === undefined || wanted.id === same.id)) return { ...same, isNew: false }
    }
    if (known === undefined && isPlain(wanted, state, prepared) && isNobodys(who, state)) {
      const warnings = await admittedPlainly(parts, who, place, { wanted, prepared, ...state })
      const made = warnings && (await written(who, place, { prepared, state }))
      if (made !== undefined) return { ...made, isNew: true, ...(warnings?.length && { warnings }) }
    }
    return registerUnderLock(parts, who, place, wanted)
  }
}

const versionOf = async (db: Executor, { project, subject }: SubjectPlace, version: number, { latest }: SubjectState) =>
  latest?.version === version ? latest : readVersion(db, project, subject, version)

/** Nothing that one statement could not say. */
const isPlain = ({ id, version }: NewSchema, { mode }: SubjectState, { content }: Prepared): boolean =>
  id === undefined &&
  version === undefined &&
  mode === 'READWRITE' &&
  content.references.length === 0 &&
  content.metadata === null &&
  content.ruleSet === null

/** Whose first registration names no owner of the subject: that would be one thing more to write. */
const isNobodys = ({ claims }: Identity, { latest }: SubjectState): boolean =>
  latest !== undefined || Object.keys(claims).length === 0

/** The warnings; undefined where it breaks somebody, which has to be decided where nothing moves. */
async function admittedPlainly(parts: RegisterParts, who: Identity, place: SubjectPlace, change: Change) {
  const { db } = parts.store
  const { schema, content } = change.prepared
  const isFirst = change.latest === undefined
  const warnings = await parts.admit(db, who, place, { schema, metadata: content.metadata, isFirst })
  const verdict = await judged(db, place, change)
  return verdict === undefined || verdict.compatible ? warnings : undefined
}
