import { failure } from '@plinth/contracts'
import type { DeadLetter, Identity } from '@plinth/kernel'

/** What these handlers need of a store's dead letters. */
export type DeadLetterStore = {
  list(page: { limit: number }): Promise<readonly DeadLetter[] | { items: readonly DeadLetter[] }>
  get(id: string): Promise<DeadLetter | undefined>
  remove(id: string): Promise<unknown>
}

/**
 * Handlers for contracts' `deadLetterRoutes`: `list` shows the latest 200, `replay` gives one back to `again`, which
 * handles it once more or publishes it anew, and forgets it only after that has worked. `note` says in the
 * audit ledger who did it.
 */
export function deadLetterHandlers(
  store: DeadLetterStore,
  again: (letter: DeadLetter) => Promise<void>,
  note: (who: Identity, letter: DeadLetter) => Promise<void>,
) {
  return {
    list: async (): Promise<{ items: DeadLetter[] }> => {
      const page = await store.list({ limit: 200 })
      return { items: [...('items' in page ? page.items : page)] }
    },
    replay: async ({
      who,
      params,
    }: {
      who: Identity
      params: { deadLetter: string }
    }): Promise<Record<string, unknown>> => {
      const letter = await store.get(params.deadLetter)
      if (letter === undefined)
        throw failure('platform.not_found', { detail: `There is no dead letter '${params.deadLetter}'.` })
      await again(letter)
      await note(who, letter)
      await store.remove(letter.id)
      return { replayed: letter.id }
    },
  }
}
