import type { Answer } from '../../api/plinth.ts'
import { Status, type Tone } from '../../ui/status.tsx'

type State = Answer<'getChangeSet'>['state']

const looks: Readonly<Record<State, readonly [Tone, string]>> = {
  draft: ['waiting', 'draft'],
  proposed: ['progressing', 'waits for approval'],
  approved: ['healthy', 'approved'],
  rejected: ['failed', 'rejected'],
  applied: ['healthy', 'in force'],
  discarded: ['unknown', 'discarded'],
}

export function ChangeSetState({ state }: { state: State }) {
  const [tone, text] = looks[state]
  return <Status state={state} tone={tone} text={text} />
}
