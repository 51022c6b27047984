import { type FilterPlugin, success, unresolvable } from '../contract.ts';

/** A pod waits for the devices that it claims (KEP-4381). No claim is served yet, so each of them is one that is not there. */
export const dynamicResources: FilterPlugin = {
  name: 'DynamicResources',
  requeueOn: [],
  filter(_state, { pod }) {
    const [claim] = pod.spec?.resourceClaims ?? [];
    if (!claim) return success;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    return unresolvable(
      resourceClaimName === undefined
        ? `pod claim ${name}: resourceclaimtemplate "${resourceClaimTemplateName}" not found`
        : `resourceclaim "${resourceClaimName}" not found`,
    );
  },
};
