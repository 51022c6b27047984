interface RestartRule {
  action: string;
  exitCodes?: { operator: string; values?: readonly number[] };
}

/** KEP-5307: the first rule that an exit code fits; it goes before the restart policy. */
export function restartRuleFor(container: { restartPolicyRules?: readonly RestartRule[] }, exitCode: number): RestartRule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes?.operator === 'NotIn' ? !listed : listed;
  });
}
