import { clsx } from 'clsx'
import type { ReactElement } from 'react'

/** How a thing does. Each has its colour and its shape, so that neither alone carries the meaning. */
export type Tone = 'healthy' | 'progressing' | 'waiting' | 'degraded' | 'failed' | 'unknown'

const tones: Readonly<Record<string, Tone>> = {
  healthy: 'healthy',
  synced: 'healthy',
  success: 'healthy',
  succeeded: 'healthy',
  running: 'progressing',
  passed: 'healthy',
  merged: 'healthy',
  ready: 'healthy',
  approved: 'healthy',
  done: 'healthy',
  available: 'healthy',
  allowed: 'healthy',
  progressing: 'progressing',
  pending: 'waiting',
  provisioning: 'progressing',
  starting: 'progressing',
  creating: 'progressing',
  deleting: 'progressing',
  updating: 'progressing',
  created: 'waiting',
  waiting: 'waiting',
  manual: 'waiting',
  scheduled: 'waiting',
  skipped: 'unknown',
  canceled: 'unknown',
  stopped: 'waiting',
  suspended: 'waiting',
  missing: 'waiting',
  open: 'waiting',
  closed: 'unknown',
  outofsync: 'degraded',
  degraded: 'degraded',
  warn: 'degraded',
  failed: 'failed',
  error: 'failed',
  denied: 'failed',
  fatal: 'failed',
}

/** The tone of a state's name as any of the services says it. */
export const toneOf = (state: string | undefined): Tone => tones[(state ?? '').toLowerCase()] ?? 'unknown'

/** A workload that is `running` is well; a job that is `running` is on its way. */
export const toneOfWorkload = (state: string): Tone => (state === 'running' ? 'healthy' : toneOf(state))

const shapes: Readonly<Record<Tone, ReactElement>> = {
  healthy: <circle cx="8" cy="8" r="5.5" fill="currentColor" />,
  progressing: (
    <>
      <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" />
    </>
  ),
  waiting: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.4 2" />,
  degraded: <path d="M8 2.2 14.2 13H1.8z" fill="currentColor" />,
  failed: <rect x="3" y="3" width="10" height="10" rx="1" fill="currentColor" />,
  unknown: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.3" />
      <path d="M6.3 6.5a1.7 1.7 0 1 1 2.4 1.6c-.5.2-.7.5-.7 1" fill="none" stroke="currentColor" strokeWidth="1.3" />
      <circle cx="8" cy="11" r="0.8" fill="currentColor" />
    </>
  ),
}

export const toneText: Readonly<Record<Tone, string>> = {
  healthy: 'text-healthy',
  progressing: 'text-progressing',
  waiting: 'text-waiting',
  degraded: 'text-degraded',
  failed: 'text-failed',
  unknown: 'text-unknown',
}

/** The shape alone; whoever uses it puts the word beside it. */
export function StatusShape({ tone, size = 14, className }: { tone: Tone; size?: number; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      className={clsx('shrink-0', toneText[tone], className)}
    >
      {shapes[tone]}
    </svg>
  )
}

export function Status({ state, tone = toneOf(state), text = state }: { state: string; tone?: Tone; text?: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <StatusShape tone={tone} />
      <span>{text}</span>
    </span>
  )
}
