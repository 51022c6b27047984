import { ApiError } from '#api';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';

const quoted = (text: string): string => JSON.stringify(text);

/** The 403 of a request that no authorizer allowed, in upstream's words; `reason` may be empty. */
export function forbiddenBy(user: UserInfo, attributes: AuthorizationAttributes, reason: string): ApiError {
  const why = reason ? `${sentence(user, attributes)}: ${reason}` : sentence(user, attributes);
  if (attributes.nonResourcePath !== undefined) {
    return new ApiError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
  }
  const { group, resource, name } = attributes;
  const title = group ? `${resource}.${group}` : resource;
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${title}${name ? ` ${quoted(name)}` : ''} is forbidden: ${why}`,
    details: { ...(name && { name }), ...(group && { group }), kind: resource },
  });
}

function sentence(user: UserInfo, attributes: AuthorizationAttributes): string {
  const subject = `User ${quoted(user.username)} cannot ${attributes.verb}`;
  if (attributes.nonResourcePath !== undefined) return `${subject} path ${quoted(attributes.nonResourcePath)}`;
  const resource = attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;
  const scope = attributes.namespace ? `in the namespace ${quoted(attributes.namespace)}` : 'at the cluster scope';
  return `${subject} resource ${quoted(resource)} in API group ${quoted(attributes.group)} ${scope}`;
}
