/** Facts of `k8s.io/api/networking/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const networkingV1 = `
package io.k8s.api.networking.v1 networking.k8s.io v1
kinds Ingress IngressList IngressClass IngressClassList NetworkPolicy NetworkPolicyList IPAddress IPAddressList ServiceCIDR ServiceCIDRList

struct NetworkPolicy
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 NetworkPolicySpec

alias PolicyType string Egress|Ingress

struct NetworkPolicySpec
  podSelector 1 meta.v1.LabelSelector always
  ingress 2 []NetworkPolicyIngressRule
  egress 3 []NetworkPolicyEgressRule
  policyTypes 4 []PolicyType

struct NetworkPolicyIngressRule
  ports 1 []NetworkPolicyPort
  from 2 []NetworkPolicyPeer

struct NetworkPolicyEgressRule
  ports 1 []NetworkPolicyPort
  to 2 []NetworkPolicyPeer

struct NetworkPolicyPort
  protocol 1 *core.v1.Protocol
  port 2 *intOrString
  endPort 3 *int32

struct IPBlock
  cidr 1 string always required
  except 2 []string

struct NetworkPolicyPeer
  podSelector 1 *meta.v1.LabelSelector
  namespaceSelector 2 *meta.v1.LabelSelector
  ipBlock 3 *IPBlock

struct NetworkPolicyList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []NetworkPolicy always required

struct Ingress
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 IngressSpec
  status 3 IngressStatus

struct IngressList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Ingress always required

struct IngressSpec
  ingressClassName 4 *string
  defaultBackend 1 *IngressBackend
  tls 2 []IngressTLS
  rules 3 []IngressRule

struct IngressTLS
  hosts 1 []string
  secretName 2 string

struct IngressStatus
  loadBalancer 1 IngressLoadBalancerStatus

struct IngressLoadBalancerStatus
  ingress 1 []IngressLoadBalancerIngress

struct IngressLoadBalancerIngress
  ip 1 string
  hostname 2 string
  ports 4 []IngressPortStatus

struct IngressPortStatus
  port 1 int32 always required
  protocol 2 core.v1.Protocol always required
  error 3 *string

struct IngressRule
  host 1 string
  inline 2 IngressRuleValue

struct IngressRuleValue
  http 1 *HTTPIngressRuleValue

struct HTTPIngressRuleValue
  paths 1 []HTTPIngressPath always required

alias PathType string

struct HTTPIngressPath
  path 1 string
  pathType 3 *PathType always required
  backend 2 IngressBackend always required

struct IngressBackend
  service 4 *IngressServiceBackend
  resource 3 *core.v1.TypedLocalObjectReference

struct IngressServiceBackend
  name 1 string always required
  port 2 ServiceBackendPort

struct ServiceBackendPort atomic
  name 1 string
  number 2 int32

struct IngressClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 IngressClassSpec

struct IngressClassSpec
  controller 1 string
  parameters 2 *IngressClassParametersReference

struct IngressClassParametersReference
  apiGroup 1 *string
  kind 2 string always required
  name 3 string always required
  scope 4 *string always
  namespace 5 *string

struct IngressClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []IngressClass always required

struct IPAddress
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 IPAddressSpec required

struct IPAddressSpec
  parentRef 1 *ParentReference required

struct ParentReference
  group 1 string
  resource 2 string required
  namespace 3 string
  name 4 string required

struct IPAddressList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []IPAddress always required

struct ServiceCIDR
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ServiceCIDRSpec
  status 3 ServiceCIDRStatus

struct ServiceCIDRSpec
  cidrs 1 []string

struct ServiceCIDRStatus
  conditions 1 []meta.v1.Condition map(type) patch(merge,key=type)

struct ServiceCIDRList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ServiceCIDR always required
`;
