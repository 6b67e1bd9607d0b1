import { Outlet, useLocation, useParams } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { ask } from '../../api/queries.ts'
import { Page } from '../../ui/page.tsx'
import { TabLinks } from '../../ui/tabs.tsx'

const commands: Readonly<Record<string, (project: string) => string>> = {
  subjects: (project) => `plinth schema list --project ${project}\nplinth schema search amount --project ${project}`,
  reviews: (project) => `plinth schema review list --project ${project}`,
  environments: (project) => `plinth schema environments --project ${project}`,
  lineage: (project) => `plinth schema lineage --project ${project}`,
  rules: (project) => `plinth schema rules list --project ${project}`,
}

/** What is the contract? All of a project's: its subjects, what waits, what is where, who speaks with whom. */
export function SchemasPage() {
  const { project } = useParams({ from: '/app/projects/$project/schemas' })
  const waiting = useQuery(ask('listSchemaReviews', { params: { project }, query: { state: 'pending', limit: 200 } }))
  const tab = useLocation({ select: ({ pathname }) => /\/-\/([a-z]+)/.exec(pathname)?.[1] ?? 'subjects' })
  const base = '/projects/$project/schemas'
  const params = { project }
  const count = waiting.data?.items.length ?? 0
  return (
    <Page
      title={`Schemas of ${project}`}
      heading="Schemas"
      lead="What components promise one another: events, messages, APIs and tables, with the changes that they may make."
      cli={(commands[tab] ?? commands['subjects'])?.(project) ?? ''}
    >
      <TabLinks
        label="Schemas"
        tabs={[
          { text: 'Subjects', link: { to: base, params }, exact: true },
          { text: 'Reviews', link: { to: `${base}/-/reviews`, params }, ...(count > 0 && { count }) },
          { text: 'Environments', link: { to: `${base}/-/environments`, params } },
          { text: 'Lineage', link: { to: `${base}/-/lineage`, params } },
          { text: 'Rules', link: { to: `${base}/-/rules`, params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}
