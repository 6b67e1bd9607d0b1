import type { SubjectLifecycle } from '@plinth/contracts'
import { Status, type Tone } from '../../ui/status.tsx'

const tones: Readonly<Record<SubjectLifecycle, Tone>> = {
  draft: 'waiting',
  active: 'healthy',
  deprecated: 'degraded',
  retired: 'unknown',
}

export const Lifecycle = ({ state }: { state: SubjectLifecycle }) => <Status state={state} tone={tones[state]} />
