import type { LinkProps } from '@tanstack/react-router'
import type { Question } from '../api/may.ts'

export type Section = { text: string; link: LinkProps; needs?: Question; exact?: boolean }
export type SectionGroup = { name: string; sections: readonly Section[] }

const everywhere = (action: Question['action'], object: string): Question => ({ action, object, domain: '*' })

/** The pages of the area, grouped by what one comes for. `needs` is what the platform asks for to answer them. */
export const sectionGroups: readonly SectionGroup[] = [
  {
    name: 'Waiting',
    sections: [
      { text: 'Overview', link: { to: '/access' }, exact: true },
      { text: 'Requests', link: { to: '/access/requests' } },
      { text: 'Freezes', link: { to: '/access/freezes' } },
    ],
  },
  {
    name: 'People',
    sections: [
      { text: 'Users', link: { to: '/access/users' }, needs: everywhere('list', 'user') },
      { text: 'Groups', link: { to: '/access/groups' }, needs: everywhere('list', 'group') },
      { text: 'Service accounts', link: { to: '/access/service-accounts' } },
    ],
  },
  {
    name: 'Grants',
    sections: [
      { text: 'Roles', link: { to: '/access/roles' }, needs: everywhere('list', 'role') },
      { text: 'Bindings', link: { to: '/access/bindings' }, needs: everywhere('list', 'binding') },
      { text: 'Separation of duties', link: { to: '/access/constraints' }, needs: everywhere('list', 'policy') },
    ],
  },
  {
    name: 'Policy',
    sections: [
      { text: 'Policy', link: { to: '/access/policy' }, needs: everywhere('get', 'policy') },
      { text: 'Rules', link: { to: '/access/rules' }, needs: everywhere('list', 'policy') },
      { text: 'Change sets', link: { to: '/access/changes' }, needs: everywhere('list', 'policy') },
      { text: 'History', link: { to: '/access/history' }, needs: everywhere('list', 'policy') },
      { text: 'Tests', link: { to: '/access/tests' }, needs: everywhere('get', 'policy') },
    ],
  },
  {
    name: 'Ask',
    sections: [
      { text: 'Explain', link: { to: '/access/explain' } },
      { text: 'Who can', link: { to: '/access/who-can' }, needs: everywhere('list', 'binding') },
      { text: 'What can', link: { to: '/access/what-can' } },
      { text: 'View as', link: { to: '/access/view-as' }, needs: everywhere('list', 'binding') },
    ],
  },
  {
    name: 'Watch',
    sections: [
      { text: 'Review', link: { to: '/access/review' }, needs: everywhere('list', 'binding') },
      { text: 'Audit', link: { to: '/access/audit' }, needs: everywhere('list', 'audit') },
      { text: 'Decisions', link: { to: '/access/decisions' }, needs: everywhere('list', 'decision') },
    ],
  },
  {
    name: 'Sign-in',
    sections: [
      { text: 'Providers', link: { to: '/access/providers' }, needs: everywhere('list', 'identity-provider') },
      { text: 'Signing keys', link: { to: '/access/keys' }, needs: everywhere('list', 'signing-key') },
    ],
  },
]
