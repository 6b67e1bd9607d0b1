import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useParams } from '@tanstack/react-router'
import { ask } from '../../api/queries.ts'
import { Page } from '../../ui/page.tsx'
import { TabLinks } from '../../ui/tabs.tsx'
import { Lifecycle } from '../shared/lifecycle.tsx'
import { Tags } from '../shared/tags.tsx'

const commands: Readonly<Record<string, (subject: string, project: string) => string>> = {
  contract: (subject, project) => `plinth schema show ${subject} --project ${project}`,
  changes: (subject, project) => `plinth schema diff ${subject} 1 latest --project ${project}`,
  environments: (subject, project) => `plinth schema promote ${subject} --to staging --project ${project}`,
  lineage: (subject, project) => `plinth schema lineage ${subject} --project ${project}`,
  governance: (subject, project) => `plinth schema show ${subject} --project ${project}`,
}

/** What is the contract? One subject: what it says, how it changed, where it is, who uses it, who answers for it. */
export function SubjectPage() {
  const params = useParams({ from: '/app/projects/$project/schemas/$subject' })
  const { project, subject } = params
  const about = useQuery(ask('getSubject', { params })).data
  const governed = useQuery(ask('getSubjectGovernance', { params })).data
  const tab = useLocation({ select: ({ pathname }) => /\/schemas\/[^/]+\/([a-z]+)/.exec(pathname)?.[1] ?? 'contract' })
  const base = '/projects/$project/schemas/$subject'
  return (
    <Page
      title={subject}
      lead={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {about && (
            <span>
              {about.type} · v{about.latestVersion} · {about.compatibility}
            </span>
          )}
          {governed && <Lifecycle state={governed.lifecycle.state} />}
          {governed?.owner !== undefined && <span>owned by {governed.owner.replace(/^(?:component|group):/, '')}</span>}
          {governed && <Tags tags={governed.tags} />}
        </span>
      }
      cli={(commands[tab] ?? commands['contract'])?.(subject, project) ?? ''}
    >
      <TabLinks
        label={subject}
        tabs={[
          { text: 'Contract', link: { to: base, params }, exact: true },
          { text: 'Changes', link: { to: `${base}/changes`, params } },
          { text: 'Environments', link: { to: `${base}/environments`, params } },
          { text: 'Lineage', link: { to: `${base}/lineage`, params } },
          { text: 'Governance', link: { to: `${base}/governance`, params } },
        ]}
      />
      <Outlet />
    </Page>
  )
}
