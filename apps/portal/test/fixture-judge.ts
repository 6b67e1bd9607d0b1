type Question = { action: string; object: string; domain: string }

const ofDevelopers =
  /^(?:component|template|pipeline|job|log|trace|metric|schema|repository|project|environment|operation|artifact|application|change-request|event|telemetry|workload|gate)\b/

/** A developer has the work of a project and none of its gates; a lead has both. */
export function judge(subject: string, { action, object, domain }: Question) {
  const allowed =
    subject !== 'user:dev' || (ofDevelopers.test(object) && !/^(?:approve|delete|exec|grant)$/.test(action))
  const grant = { role: 'role:team-lead', domain: domain === '*' ? '*' : 'payments' }
  return allowed
    ? { allowed, reason: `role:team-lead allows ${action} on ${object} in ${domain}`, grant }
    : { allowed, reason: 'No rule allows it.', grant }
}
