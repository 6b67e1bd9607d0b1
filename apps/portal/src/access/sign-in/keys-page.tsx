import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Hash } from '../../ui/copy.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Section } from '../../ui/page.tsx'
import { Status, type Tone } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'

type Key = Answer<'listSigningKeys'>['items'][number]

const uses = [
  ['access', 'Access tokens', 'What people and programs send with each request; they live for minutes.'],
  ['identity', 'Identity tokens of jobs', 'What a job shows to a cloud or a vault, verified by discovery and JWKS.'],
] as const
type Use = (typeof uses)[number][0]

const looks: Readonly<Record<Key['state'], readonly [Tone, string]>> = {
  next: ['waiting', 'published, not signing yet'],
  active: ['healthy', 'signs'],
  retiring: ['unknown', 'verifies only'],
}

const columns: readonly Column<Key>[] = [
  { head: 'Key', cell: ({ kid }) => <Hash value={kid} length={16} /> },
  { head: 'State', cell: ({ state }) => <Status state={state} tone={looks[state][0]} text={looks[state][1]} /> },
  { head: 'Algorithm', cell: ({ alg }) => alg, wide: true },
  { head: 'Made', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true },
  {
    head: 'Signs',
    cell: ({ signsFrom }) => (signsFrom === undefined ? '–' : <Ago at={signsFrom} prefix="since " />),
    wide: true,
  },
  {
    head: 'Verifies',
    cell: ({ verifiesUntil }) =>
      verifiesUntil === undefined ? <span className="text-quiet">on</span> : <Ago at={verifiesUntil} prefix="ends " />,
    right: true,
  },
]

function Rotate({ use, text }: { use: Use; text: string }) {
  const [asking, setAsking] = useState(false)
  const rotate = useAction('rotateSigningKeys', {
    stale: ['listSigningKeys'],
    done: 'A new key signs; the old one verifies until its last token has ended',
    onDone: () => setAsking(false),
  })
  return (
    <>
      <MayButton
        small
        needs={{ action: 'update', object: 'signing-key', domain: '*' }}
        aria-label={`Rotate: ${text}`}
        onClick={() => setAsking(true)}
      >
        Rotate
      </MayButton>
      {asking && (
        <Confirm
          title="Sign with a new key?"
          action="Rotate"
          busy={rotate.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => rotate.mutate({ body: { use } })}
        >
          Nobody is signed out: what the old key signed stays valid until it ends by itself.
        </Confirm>
      )}
    </>
  )
}

export function KeysPage() {
  const keys = useQuery(ask('listSigningKeys', {}))
  return (
    <AccessPage
      title="Signing keys"
      lead="What vouches for tokens. The public halves are at /.well-known/jwks.json."
      cli={'plinth signing-key list\nplinth signing-key rotate access'}
      needs={{ action: 'list', object: 'signing-key', domain: '*' }}
    >
      <Load of={keys}>
        {({ items }) => (
          <>
            {uses.map(([use, text, why]) => {
              const shown = items.filter((key) => key.use === use)
              return (
                <Section key={use} title={text} aside={<Rotate use={use} text={text} />}>
                  <p className="mb-2 text-sm text-quiet">{why}</p>
                  {shown.length === 0 ? (
                    <p className="text-quiet">No key yet; the first is made when it is needed.</p>
                  ) : (
                    <Table label={text} columns={columns} rows={shown} id={({ kid }) => kid} />
                  )}
                </Section>
              )
            })}
          </>
        )}
      </Load>
    </AccessPage>
  )
}
