import { type OperationName, operations, type RouteSpec } from '@plinth/contracts'
import { useMutation } from '@tanstack/react-query'
import { say } from '../ui/say.ts'
import { type Answer, type Input, send } from './plinth.ts'
import { invalidate } from './queries.ts'
import { problemOf } from './problem.ts'

type Effects<Op extends OperationName> = {
  /** What is said once the platform has taken it. */
  done?: string | ((answer: Answer<Op>) => string)
  /** The readings that the action changes; events bring the rest. */
  stale?: readonly OperationName[]
  onDone?: (answer: Answer<Op>) => void
  /** Takes it back, for as long as the word of it is shown. */
  undo?: (answer: Answer<Op>) => void
  /** The page shows the failure itself. */
  quiet?: boolean
}

const creates = (operation: OperationName): boolean => {
  const { idempotent }: RouteSpec = operations[operation]
  return idempotent === true
}

/** A changing operation as a page uses it: says what happened, refreshes what it changed, shows what went wrong. */
export function useAction<Op extends OperationName>(operation: Op, effects: Effects<Op> = {}) {
  return useMutation({
    mutationFn: (input: Input<Op>) => {
      const key = creates(operation) ? { idempotencyKey: crypto.randomUUID() } : {}
      return send(operation, { ...key, ...(input as object) }) as Promise<Answer<Op>>
    },
    onSuccess: (answer) => {
      const { done, undo } = effects
      if (done !== undefined)
        say({
          tone: 'healthy',
          text: typeof done === 'function' ? done(answer) : done,
          ...(undo && { undo: () => undo(answer) }),
        })
      if (effects.stale) void invalidate(effects.stale)
      effects.onDone?.(answer)
    },
    onError: (error) => {
      if (effects.quiet !== true) say({ tone: 'failed', text: problemOf(error).title, problem: problemOf(error) })
    },
  })
}
