import { useParams } from '@tanstack/react-router'
import { NotFound } from '../shell/not-found.tsx'
import { Page } from '../ui/page.tsx'
import { TabLinks } from '../ui/tabs.tsx'
import { AuditView } from './audit-view.tsx'
import { BindingsView } from './bindings-view.tsx'
import { CanIView } from './can-i-view.tsx'
import { PoliciesView } from './policies-view.tsx'
import { RolesView } from './roles-view.tsx'

const views = {
  policies: {
    text: 'Policies',
    lead: 'The rules in the order in which they were made. Deny wins over every allow.',
    cli: 'plinth who-can deploy application --in payments/production',
    show: PoliciesView,
  },
  bindings: {
    text: 'Bindings',
    lead: 'Who holds which role where. A role holds below its domain too.',
    cli: 'plinth grant user:ana developer --in payments',
    show: BindingsView,
  },
  roles: { text: 'Roles', lead: 'What each role may do.', cli: 'plinth whoami', show: RolesView },
  audit: {
    text: 'Audit',
    lead: 'Everything that was done and everything that was refused, chained so that a change would show.',
    cli: 'plinth audit list\nplinth audit verify',
    show: AuditView,
  },
  'can-i': {
    text: 'Can I?',
    lead: 'Ask before you try; the answer names the rule.',
    cli: 'plinth can-i approve change-request --in payments/production',
    show: CanIView,
  },
} as const

type View = keyof typeof views
const isView = (view: string): view is View => view in views

export function AccessPage() {
  const { view } = useParams({ from: '/app/access/$view' })
  if (!isView(view)) return <NotFound />
  const { text, lead, cli, show: Show } = views[view]
  return (
    <Page title={`Access: ${text}`} heading="Access" lead={lead} cli={cli} wide>
      <TabLinks
        label="Access"
        tabs={Object.entries(views).map(([name, { text }]) => ({
          text,
          link: { to: '/access/$view', params: { view: name } },
        }))}
      />
      <Show />
    </Page>
  )
}
