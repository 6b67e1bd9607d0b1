import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Question } from '../../api/may.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Lifecycle } from '../shared/lifecycle.tsx'
import { Tags } from '../shared/tags.tsx'
import { AboutDialog, FieldTagsDialog } from './governance-dialogs.tsx'
import { LifecycleDialog } from './lifecycle-dialog.tsx'

type Governance = Answer<'getSubjectGovernance'>

const fieldColumns: readonly Column<Governance['fields'][number]>[] = [
  { head: 'Field', cell: ({ path }) => <code className="wrap-anywhere">{path}</code> },
  { head: 'Tags', cell: ({ tags }) => <Tags tags={tags} /> },
  { head: 'Written in the schema', cell: ({ written }) => <Tags tags={written} />, wide: true },
]
const consumerColumns: readonly Column<Governance['consumers'][number]>[] = [
  { head: 'Component', cell: ({ project, component }) => `${project}/${component}` },
  { head: 'Where', cell: ({ environment }) => environment },
  { head: 'Reads', cell: ({ version }) => `v${version}`, right: true },
]

function Life({ of: { lifecycle } }: { of: Governance }) {
  const { state, since, by, retireOn, replacement, note } = lifecycle
  return (
    <Facts
      facts={[
        ['State', <Lifecycle key="state" state={state} />],
        ...(since === undefined ? [] : [['Since', <Ago key="since" at={since} />] as const]),
        ...(by === undefined ? [] : [['By', by.replace(/^user:/, '')] as const]),
        ...(retireOn === undefined ? [] : [['Gone from', retireOn] as const]),
        ...(replacement === undefined ? [] : [['Use instead', <code key="instead">{replacement}</code>] as const]),
        ...(note === undefined ? [] : [['Note', note] as const]),
      ]}
    />
  )
}

type Opened = 'about' | 'life' | 'fields'
type Parts = { governed: Governance; needs: Question; open: (what: Opened) => void }

function AboutAndLife({ governed, needs, open }: Parts) {
  return (
    <div className="grid gap-6 md:grid-cols-2">
      <Section title="Who answers for it" flush>
        <Card className="flex flex-col gap-4 p-4">
          <Facts
            facts={[
              ['Owner', governed.owner ?? 'nobody yet'],
              ['Says', governed.description === '' ? 'nothing said' : governed.description],
              ['Tags', governed.tags.length === 0 ? 'none' : <Tags key="tags" tags={governed.tags} />],
            ]}
          />
          <div>
            <MayButton small needs={needs} onClick={() => open('about')}>
              Edit
            </MayButton>
          </div>
        </Card>
      </Section>
      <Section title="Where it is in its life" flush>
        <Card className="flex flex-col gap-4 p-4">
          <Life of={governed} />
          <div>
            <MayButton small needs={needs} onClick={() => open('life')}>
              Next step
            </MayButton>
          </div>
        </Card>
      </Section>
    </div>
  )
}

function FieldsAndReaders({ governed: { fields, consumers }, needs, open }: Parts) {
  return (
    <>
      <Section title="Fields with a classification">
        {fields.length === 0 ? (
          <Empty title="No field has a tag">
            Tag what is about people with <code>PII</code>; rules can then say where such data may go.
          </Empty>
        ) : (
          <Table label="Fields with a classification" columns={fieldColumns} rows={fields} id={({ path }) => path} />
        )}
        <div className="mt-3">
          <MayButton small needs={needs} onClick={() => open('fields')}>
            Tag fields
          </MayButton>
        </div>
      </Section>
      <Section title="Who reads it">
        {consumers.length === 0 ? (
          <p className="text-sm text-quiet">Nothing that is deployed.</p>
        ) : (
          <Table
            label="Who reads it"
            columns={consumerColumns}
            rows={consumers}
            id={({ project, component, environment }) => `${project}/${component} ${environment}`}
          />
        )}
      </Section>
    </>
  )
}

const dialogs = { about: AboutDialog, life: LifecycleDialog, fields: FieldTagsDialog } as const

/** Who answers for it, where it is in its life, what its data is, and who would have to be told. */
export function GovernanceTab() {
  const params = useParams({ from: '/app/projects/$project/schemas/$subject/governance' })
  const found = useQuery(ask('getSubjectGovernance', { params }))
  const [opened, open] = useState<Opened>()
  const needs: Question = { action: 'update', object: `schema/${params.subject}`, domain: params.project }
  const Opened = opened && dialogs[opened]
  return (
    <Load of={found}>
      {(governed) => (
        <>
          <AboutAndLife governed={governed} needs={needs} open={open} />
          <FieldsAndReaders governed={governed} needs={needs} open={open} />
          {Opened && <Opened governed={governed} onClose={() => open(undefined)} />}
        </>
      )}
    </Load>
  )
}
