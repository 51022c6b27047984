/** Kubernetes reads `$(NAME)` and `$$` in commands and variables (EnvVar, "value"); Compose does not. */
export const literal = (text: string): string => (/\$[$(]/.test(text) ? text.replaceAll('$', '$$$$') : text);
