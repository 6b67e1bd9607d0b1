import { Link } from '@tanstack/react-router'
import type { Required } from '../api/problem.ts'
import { useViewedAs } from '../api/view-as.ts'
import { buttonLook } from './button.tsx'
import { whereText } from './names.tsx'

const roleText = (role: string): string => role.replace(/^role:/, '')

/** What is missing, who can give it, and the way to ask for it. */
export function Missing({ action, object, domain, grant }: Required) {
  // Who looks as somebody else does not ask for himself what that one lacks.
  const as = useViewedAs()
  return (
    <div className="mt-2 rounded-md border border-line bg-ground p-3 text-sm">
      <p>
        Missing: <code className="text-ink">{action}</code> on <code>{object}</code> in <code>{whereText(domain)}</code>
      </p>
      <p className="text-quiet">
        {grant === undefined
          ? `Whoever leads ${whereText(domain)} can give it.`
          : `The role ${roleText(grant.role)} in ${whereText(grant.domain)} has it; whoever leads ${whereText(grant.domain)} can give it.`}
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        {as === undefined && (
          <Link
            to="/access/requests"
            search={{
              ask: 'new',
              role: grant?.role ?? '',
              domain: grant?.domain ?? domain,
              reason: `To ${action} ${object} in ${whereText(domain)}`,
            }}
            className={buttonLook('primary', true)}
          >
            Request access
          </Link>
        )}
        <Link
          to="/access/explain"
          search={{ ...(as !== undefined && { subject: as }), action, object, domain }}
          className={buttonLook('plain', true)}
        >
          Explain
        </Link>
      </div>
    </div>
  )
}
