/** Facts of `k8s.io/api/admissionregistration/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const admissionregistrationV1 = `
package io.k8s.api.admissionregistration.v1 admissionregistration.k8s.io v1
kinds ValidatingWebhookConfiguration ValidatingWebhookConfigurationList MutatingWebhookConfiguration MutatingWebhookConfigurationList ValidatingAdmissionPolicy ValidatingAdmissionPolicyList ValidatingAdmissionPolicyBinding ValidatingAdmissionPolicyBindingList MutatingAdmissionPolicy MutatingAdmissionPolicyList MutatingAdmissionPolicyBinding MutatingAdmissionPolicyBindingList

struct Rule
  apiGroups 1 []string
  apiVersions 2 []string
  resources 3 []string
  scope 4 *ScopeType

alias ScopeType string *|Cluster|Namespaced

alias FailurePolicyType string Fail|Ignore

alias ParameterNotFoundActionType string

alias MatchPolicyType string Equivalent|Exact

alias SideEffectClass string None|NoneOnDryRun|Some|Unknown

struct ValidatingAdmissionPolicy
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ValidatingAdmissionPolicySpec
  status 3 ValidatingAdmissionPolicyStatus

struct ValidatingAdmissionPolicyStatus
  observedGeneration 1 int64
  typeChecking 2 *TypeChecking
  conditions 3 []meta.v1.Condition map(type)

struct TypeChecking
  expressionWarnings 1 []ExpressionWarning

struct ExpressionWarning
  fieldRef 2 string always required
  warning 3 string always required

struct ValidatingAdmissionPolicyList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ValidatingAdmissionPolicy always required

struct ValidatingAdmissionPolicySpec
  paramKind 1 *ParamKind
  matchConstraints 2 *MatchResources
  validations 3 []Validation
  failurePolicy 4 *FailurePolicyType
  auditAnnotations 5 []AuditAnnotation
  matchConditions 6 []MatchCondition map(name) patch(merge,key=name)
  variables 7 []Variable map(name) patch(merge,key=name)

struct ParamKind atomic
  apiVersion 1 string
  kind 2 string

struct Validation
  expression 1 string always required
  message 2 string
  reason 3 *meta.v1.StatusReason
  messageExpression 4 string

struct Variable atomic
  name 1 string always required
  expression 2 string always required

struct AuditAnnotation
  key 1 string always required
  valueExpression 2 string always required

struct ValidatingAdmissionPolicyBinding
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ValidatingAdmissionPolicyBindingSpec required

struct ValidatingAdmissionPolicyBindingList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ValidatingAdmissionPolicyBinding always required

struct ValidatingAdmissionPolicyBindingSpec
  policyName 1 string required
  paramRef 2 *ParamRef
  matchResources 3 *MatchResources
  validationActions 4 []ValidationAction required set

struct ParamRef atomic
  name 1 string
  namespace 2 string
  selector 3 *meta.v1.LabelSelector
  parameterNotFoundAction 4 *ParameterNotFoundActionType

struct MatchResources atomic
  namespaceSelector 1 *meta.v1.LabelSelector
  objectSelector 2 *meta.v1.LabelSelector
  resourceRules 3 []NamedRuleWithOperations
  excludeResourceRules 4 []NamedRuleWithOperations
  matchPolicy 7 *MatchPolicyType

alias ValidationAction string Audit|Deny|Warn

struct NamedRuleWithOperations atomic
  resourceNames 1 []string
  inline 2 RuleWithOperations

struct ValidatingWebhookConfiguration
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  webhooks 2 []ValidatingWebhook map(name) patch(merge,key=name)

struct ValidatingWebhookConfigurationList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ValidatingWebhookConfiguration always required

struct MutatingWebhookConfiguration
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  webhooks 2 []MutatingWebhook map(name) patch(merge,key=name)

struct MutatingWebhookConfigurationList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []MutatingWebhookConfiguration always required

struct ValidatingWebhook
  name 1 string always required
  clientConfig 2 WebhookClientConfig always required
  rules 3 []RuleWithOperations
  failurePolicy 4 *FailurePolicyType
  matchPolicy 9 *MatchPolicyType
  namespaceSelector 5 *meta.v1.LabelSelector
  objectSelector 10 *meta.v1.LabelSelector
  sideEffects 6 *SideEffectClass always required
  timeoutSeconds 7 *int32
  admissionReviewVersions 8 []string always required
  matchConditions 11 []MatchCondition map(name) patch(merge,key=name)

struct MutatingWebhook
  name 1 string always required
  clientConfig 2 WebhookClientConfig always required
  rules 3 []RuleWithOperations
  failurePolicy 4 *FailurePolicyType
  matchPolicy 9 *MatchPolicyType
  namespaceSelector 5 *meta.v1.LabelSelector
  objectSelector 11 *meta.v1.LabelSelector
  sideEffects 6 *SideEffectClass always required
  timeoutSeconds 7 *int32
  admissionReviewVersions 8 []string always required
  reinvocationPolicy 10 *ReinvocationPolicyType
  matchConditions 12 []MatchCondition map(name) patch(merge,key=name)

struct MutatingAdmissionPolicy
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 MutatingAdmissionPolicySpec

struct MutatingAdmissionPolicyList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []MutatingAdmissionPolicy always required

struct MutatingAdmissionPolicySpec
  paramKind 1 *ParamKind
  matchConstraints 2 *MatchResources
  variables 3 []Variable
  mutations 4 []Mutation
  failurePolicy 5 *FailurePolicyType
  matchConditions 6 []MatchCondition map(name) patch(merge,key=name)
  reinvocationPolicy 7 ReinvocationPolicyType

struct Mutation
  patchType 2 PatchType always required
  applyConfiguration 3 *ApplyConfiguration
  jsonPatch 4 *JSONPatch

alias PatchType string ApplyConfiguration|JSONPatch

struct ApplyConfiguration
  expression 1 string

struct JSONPatch
  expression 1 string

struct MutatingAdmissionPolicyBinding
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 MutatingAdmissionPolicyBindingSpec

struct MutatingAdmissionPolicyBindingList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []MutatingAdmissionPolicyBinding always required

struct MutatingAdmissionPolicyBindingSpec
  policyName 1 string
  paramRef 2 *ParamRef
  matchResources 3 *MatchResources

alias ReinvocationPolicyType string IfNeeded|Never

struct RuleWithOperations
  operations 1 []OperationType
  inline 2 Rule

alias OperationType string *|CONNECT|CREATE|DELETE|UPDATE

struct WebhookClientConfig
  url 3 *string
  service 1 *ServiceReference
  caBundle 2 bytes

struct ServiceReference
  namespace 1 string always required
  name 2 string always required
  path 3 *string
  port 4 *int32

struct MatchCondition
  name 1 string always required
  expression 2 string always required
`;
