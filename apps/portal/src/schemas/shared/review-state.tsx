import type { SchemaReviewState } from '@plinth/contracts'
import { Status, type Tone } from '../../ui/status.tsx'

const tones: Readonly<Record<SchemaReviewState, Tone>> = {
  pending: 'waiting',
  approved: 'healthy',
  rejected: 'failed',
  used: 'healthy',
  expired: 'unknown',
}
const words: Readonly<Record<SchemaReviewState, string>> = {
  pending: 'waits',
  approved: 'approved',
  rejected: 'rejected',
  used: 'registered',
  expired: 'expired',
}

export const ReviewState = ({ state }: { state: SchemaReviewState }) => (
  <Status state={state} tone={tones[state]} text={words[state]} />
)
