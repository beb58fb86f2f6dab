// What the categories of docs/taxonomy.md are called, and drawn as.

import { l10n } from 'vscode';
import { type Category, categories } from '../../protocol/views.ts';

export function categoryName(category: Category): string {
  switch (category) {
    case 'license':
      return l10n.t('licence texts');
    case 'copyright':
      return l10n.t('copyright notices');
    case 'generated':
      return l10n.t('generated code');
    case 'documentation':
      return l10n.t('documentation');
    case 'imports':
      return l10n.t('imports');
    case 'configuration':
      return l10n.t('configuration');
    case 'tests':
      return l10n.t('tests');
    case 'boilerplate':
      return l10n.t('boilerplate');
    case 'logic':
      return l10n.t('program logic');
  }
}

export const isCategory = (name: string): name is Category => categories.includes(name as Category);
