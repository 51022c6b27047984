import type { PodTemplate } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { applyTemplateDefaults } from '../pod/defaults.ts';
import { validatePodTemplate } from '../pod/template.ts';
import { columns } from './columns.ts';

export const podTemplate: KindDefinition<PodTemplate> = {
  gvk: { group: '', version: 'v1', kind: 'PodTemplate' },
  scope: 'Namespaced',
  names: { plural: 'podtemplates', singular: 'podtemplate' },
  applyDefaults: (object) => ({ ...object, template: applyTemplateDefaults(object.template) }),
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  strategy: { generationOf: ({ template }) => template, returnsDeleted: true },
  columns,
};
