import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Hash } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { Status, StatusShape } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

type Checkpoint = Answer<'listAuditCheckpoints'>['items'][number]

const number = new Intl.NumberFormat('en')

function CheckpointItem({ checkpoint }: { checkpoint: Checkpoint }) {
  const { sequence, at, entries, root, keyId, partitions } = checkpoint
  return (
    <li className="border-b border-line px-3 py-2 last:border-0">
      <details>
        <summary className="flex flex-wrap items-baseline gap-x-3">
          <span className="numeric font-medium">#{sequence}</span>
          <span className="numeric flex-1 text-sm text-quiet">
            {number.format(entries)} entries, signed by {keyId}
          </span>
          <Hash value={root} length={12} className="text-xs" />
          <span className="text-xs text-quiet">
            <Ago at={at} />
          </span>
        </summary>
        <ul className="mt-2 text-xs">
          {partitions.map(({ partition, entries: held, head }) => (
            <li key={partition} className="flex gap-3 py-0.5">
              <span className="flex-1">{partition}</span>
              <span className="numeric text-quiet">{number.format(held)}</span>
              <Hash value={head} length={12} />
            </li>
          ))}
        </ul>
      </details>
    </li>
  )
}

function Checkpoints({ onClose }: { onClose: () => void }) {
  const checkpoints = useQuery(ask('listAuditCheckpoints', { query: { limit: 50 } }))
  return (
    <Dialog title="Signed checkpoints" look="drawer" onClose={onClose}>
      <div className="p-4">
        <p className="mb-3 text-quiet">
          Each says how many entries every chain had and how it ended, and is signed and published. Keep one elsewhere,
          and nobody can shorten or rewrite what came before it. An export verifies with them and without this platform.
        </p>
        <Load of={checkpoints}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="None yet">The first is made with the first entries.</Empty>
            ) : (
              <ul className="rounded-md border border-line">
                {items.map((checkpoint) => (
                  <CheckpointItem key={checkpoint.sequence} checkpoint={checkpoint} />
                ))}
              </ul>
            )
          }
        </Load>
      </div>
    </Dialog>
  )
}

/** Is the ledger whole? Every chain walked, and held against its signed checkpoints. */
export function Verification() {
  const [open, setOpen] = useState(false)
  const verified = useQuery({ ...ask('verifyAudit', {}), staleTime: 60_000 })
  const again = (): void => void verified.refetch()
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-line bg-surface px-4 py-2.5">
      <div role="status" className="min-w-0 flex-1 basis-64 text-sm">
        {verified.isFetching && <Status state="progressing" text="Walking the chains…" />}
        {!verified.isFetching && verified.isError && (
          <span className="text-quiet">The chains can be verified by an auditor.</span>
        )}
        {!verified.isFetching && verified.data?.valid === true && (
          <span className="flex flex-wrap items-center gap-x-2">
            <Status state="healthy" text={`The ledger is whole: ${number.format(verified.data.entries)} entries`} />
            <span className="numeric text-quiet">
              {verified.data.partitions} {verified.data.partitions === 1 ? 'chain' : 'chains'},{' '}
              {verified.data.checkpoints} signed {verified.data.checkpoints === 1 ? 'checkpoint' : 'checkpoints'}
              {verified.data.head !== '' && (
                <>
                  , root <Hash value={verified.data.head} length={12} />
                </>
              )}
            </span>
          </span>
        )}
        {!verified.isFetching && verified.data?.valid === false && (
          <span role="alert" className="flex items-start gap-2 text-failed">
            <StatusShape tone="failed" className="mt-[3px]" />
            <span>
              The chain{verified.data.partition === undefined ? '' : ` of ${verified.data.partition}`} is broken
              {verified.data.brokenAt === undefined ? '' : ` at entry ${verified.data.brokenAt}`}:{' '}
              {verified.data.problem ?? 'its hash does not fit'}
            </span>
          </span>
        )}
      </div>
      <div className="flex gap-2">
        <Button small busy={verified.isFetching} onClick={again}>
          Verify now
        </Button>
        <Button small onClick={() => setOpen(true)}>
          Checkpoints
        </Button>
      </div>
      {open && <Checkpoints onClose={() => setOpen(false)} />}
    </div>
  )
}
