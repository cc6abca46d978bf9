/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * nft_alias: network address translation by many small, independent instances.
 *
 * This header is the manual of the netlink interface. Two halves:
 *
 *  1. the nftables expression "alias" (attributes NFTA_ALIAS_*, big endian as
 *     everything on the nftables wire), which sends a packet through an
 *     instance, and
 *  2. the generic netlink family "nft_alias" (attributes ALIAS_A_*, host
 *     endian unless a comment says otherwise), which creates, changes, shows
 *     and removes the instances and shows their links.
 *
 * Every command of the family needs CAP_NET_ADMIN in the user namespace that
 * owns the network namespace. Attributes are parsed strictly: unknown
 * attributes, wrong lengths and trailing bytes are refused, and the extended
 * acknowledgment says in a sentence what was wrong.
 */
#ifndef _UAPI_LINUX_NETFILTER_NFT_ALIAS_H
#define _UAPI_LINUX_NETFILTER_NFT_ALIAS_H

/* An instance's name: at most 31 bytes and a NUL; letters, digits, '_', '-',
 * '.', '/' and '\\', beginning with a letter, as nft's own identifiers.
 */
#define ALIAS_NAME_SIZE		32

/* Outside addresses an instance may have, all its ranges together. */
#define ALIAS_ADDRESSES_MAX	1024

/* ------------------------------------------------------------------------
 * The expression
 */

/**
 * enum nft_alias_direction - which way a packet is translated
 * @NFT_ALIAS_OUT: the source: an inside address becomes an outside one.
 *	Hooks: prerouting, forward, postrouting.
 * @NFT_ALIAS_IN: the destination: an outside address becomes an inside one.
 *	Hooks: prerouting, input; output in a chain of type route, for what the
 *	host itself sends to who is behind an outside address, such as errors
 *	about packets that are translated already. (Input has been routed: it
 *	serves programs of the host itself, whose outside address is the host's,
 *	and brings nothing inside.)
 */
enum nft_alias_direction {
	NFT_ALIAS_OUT,
	NFT_ALIAS_IN,
	/* private: */
	__NFT_ALIAS_DIR_MAX
};

#define NFT_ALIAS_DIR_MAX (__NFT_ALIAS_DIR_MAX - 1)

/**
 * enum nft_alias_attributes - the expression "alias"
 * @NFTA_ALIAS_DIR: enum nft_alias_direction (NLA_U32, big endian), required
 * @NFTA_ALIAS_NAME: name of the instance (NLA_NUL_STRING). It must exist, and
 *	cannot be deleted while a rule names it.
 * @NFTA_ALIAS_SREG: register that holds the instance's number (NLA_U32, big
 *	endian: enum nft_registers); the number itself is 4 bytes, host endian,
 *	like a packet mark
 *
 * Exactly one of NAME and SREG is given. Others up to 16 are refused; beyond that
 * nftables itself passes over what it does not know.
 *
 * Verdicts: a translated packet goes on in the rule. Inward, a packet without
 * a link does not match, so that the next rule decides; with the instance's
 * ALIAS_F_DENY_IN it is dropped. Outward, what cannot be translated is
 * dropped: an inside address never leaves. IPv6 packets never match.
 *
 * Errors when a rule is added: EINVAL (attributes), ENOENT (no such
 * instance), EAFNOSUPPORT (a table that is neither ip nor inet), EOPNOTSUPP
 * (wrong hook, or wrong type of chain: filter, for output route), EMFILE (too
 * many rules name this instance).
 */
enum nft_alias_attributes {
	/* private: */
	NFTA_ALIAS_UNSPEC,
	/* public: */
	NFTA_ALIAS_DIR,
	NFTA_ALIAS_NAME,
	NFTA_ALIAS_SREG,
	/* private: */
	__NFTA_ALIAS_MAX
};

#define NFTA_ALIAS_MAX (__NFTA_ALIAS_MAX - 1)

/* ------------------------------------------------------------------------
 * The generic netlink family
 */

#define ALIAS_GENL_NAME		"nft_alias"
#define ALIAS_GENL_VERSION	1
/* Multicast group: one message for each instance created, changed, flushed or
 * deleted; its command is the one that caused it and it carries
 * ALIAS_A_INSTANCE. Listeners need CAP_NET_ADMIN where the kernel can check.
 */
#define ALIAS_GENL_GROUP	"instances"

/**
 * enum alias_command - commands of the family
 * @ALIAS_CMD_NEW: create an instance, or give an existing one this
 *	configuration. ALIAS_A_INSTANCE is the whole of it: what is not said
 *	gets its default. NLM_F_CREATE: may create (else ENOENT); NLM_F_EXCL:
 *	must not exist (else EEXIST). A change never ends a link; one that
 *	would strand links is refused with EBUSY. A number once given cannot
 *	be changed (EBUSY). Other errors: EEXIST (number in use), EADDRINUSE
 *	(an address belongs to another instance), ERANGE (ports out of range
 *	or reversed, a timeout out of its range), E2BIG (more than
 *	ALIAS_ADDRESSES_MAX addresses or ALIAS_UDP_PORTS_MAX ports), EINVAL,
 *	ENOMEM.
 * @ALIAS_CMD_DEL: delete the instance ALIAS_A_INSTANCE_NAME and its links.
 *	EBUSY while a rule names it, ENOENT.
 * @ALIAS_CMD_GET: one instance by ALIAS_A_INSTANCE_NAME (ENOENT), or with
 *	NLM_F_DUMP all of them. The answer is ALIAS_CMD_NEW messages. A dump
 *	that saw a change carries NLM_F_DUMP_INTR.
 * @ALIAS_CMD_FLUSH: end all links of ALIAS_A_INSTANCE_NAME (ENOENT)
 * @ALIAS_CMD_GET_LINKS: NLM_F_DUMP only: the links, of one instance if
 *	ALIAS_A_INSTANCE_NAME is given. The answer is ALIAS_CMD_GET_LINKS
 *	messages, each with one ALIAS_A_LINK, in order of instance, outside
 *	address, protocol and outside port; a link is never shown twice.
 * @ALIAS_CMD_GET_NAMESPACE: what belongs to the namespace rather than to an
 *	instance: ALIAS_A_NAMESPACE
 */
enum alias_command {
	/* private: */
	ALIAS_CMD_UNSPEC,
	/* public: */
	ALIAS_CMD_NEW,
	ALIAS_CMD_DEL,
	ALIAS_CMD_GET,
	ALIAS_CMD_FLUSH,
	ALIAS_CMD_GET_LINKS,
	ALIAS_CMD_GET_NAMESPACE,
	/* private: */
	__ALIAS_CMD_MAX
};

#define ALIAS_CMD_MAX (__ALIAS_CMD_MAX - 1)

/**
 * enum alias_attributes - top level
 * @ALIAS_A_INSTANCE: enum alias_instance_attributes (nested)
 * @ALIAS_A_INSTANCE_NAME: selects an instance (NLA_NUL_STRING)
 * @ALIAS_A_CHECK: do all the checks of NEW or DEL and then nothing (NLA_FLAG)
 * @ALIAS_A_LINK: enum alias_link_attributes (nested), answers only
 * @ALIAS_A_NAMESPACE: enum alias_namespace_attributes (nested), answers only
 */
enum alias_attributes {
	/* private: */
	ALIAS_A_UNSPEC,
	/* public: */
	ALIAS_A_INSTANCE,
	ALIAS_A_INSTANCE_NAME,
	ALIAS_A_CHECK,
	ALIAS_A_LINK,
	ALIAS_A_NAMESPACE,
	/* private: */
	__ALIAS_A_MAX
};

#define ALIAS_A_MAX (__ALIAS_A_MAX - 1)

/**
 * enum alias_instance_flags - switches of an instance
 * @ALIAS_F_SAME_PORTS: try the inside port as outside port first
 * @ALIAS_F_DENY_IN: drop inward packets that have no link
 * @ALIAS_F_REFRESH_IN: inward packets keep a link alive as well, also those of
 *	UDP and ICMP (RFC 4787 REQ-6a, RFC 7857 section 7: strangers can then hold
 *	a port for as long as they like)
 * @ALIAS_F_PPTP: look into the control connections that the inside opens to
 *	port 1723, and map the calls it makes there by their ids (RFC 2637).
 *	Packets of calls then belong to such a call or to nobody: those that were
 *	mapped by addresses before have to be made anew. While there are calls it
 *	cannot be switched off (EBUSY).
 */
enum alias_instance_flags {
	ALIAS_F_SAME_PORTS	= 1 << 0,
	ALIAS_F_DENY_IN		= 1 << 1,
	ALIAS_F_REFRESH_IN	= 1 << 2,
	ALIAS_F_PPTP		= 1 << 3,
};

#define ALIAS_F_MASK \
	(ALIAS_F_SAME_PORTS | ALIAS_F_DENY_IN | ALIAS_F_REFRESH_IN | ALIAS_F_PPTP)

/**
 * enum alias_mapping - how outside ports are given (RFC 4787 section 4.1)
 * @ALIAS_MAPPING_EIM: endpoint-independent: one outside port for an inside
 *	endpoint, whatever it talks to
 * @ALIAS_MAPPING_EDM: address- and port-dependent: an outside port for each
 *	destination; links with different destinations may share one (RFC 7857
 *	section 3). Only the destination can answer, whatever the filter.
 */
enum alias_mapping {
	ALIAS_MAPPING_EIM,
	ALIAS_MAPPING_EDM,
	/* private: */
	__ALIAS_MAPPING_MAX
};

#define ALIAS_MAPPING_MAX (__ALIAS_MAPPING_MAX - 1)

/**
 * enum alias_filter - who may send inward through a link (RFC 4787 section 5)
 * @ALIAS_FILTER_EIF: endpoint-independent: anyone
 * @ALIAS_FILTER_ADF: address-dependent: who was sent something, from any port
 * @ALIAS_FILTER_APDF: address- and port-dependent: only the very endpoints that
 *	were sent something
 */
enum alias_filter {
	ALIAS_FILTER_EIF,
	ALIAS_FILTER_ADF,
	ALIAS_FILTER_APDF,
	/* private: */
	__ALIAS_FILTER_MAX
};

#define ALIAS_FILTER_MAX (__ALIAS_FILTER_MAX - 1)

/**
 * enum alias_instance_attributes - an instance
 * @ALIAS_A_INSTANCE_NAME_STR: name (NLA_NUL_STRING), required
 * @ALIAS_A_INSTANCE_NUMBER: number for rules that choose by a map (NLA_U32,
 *	not 0); without it the instance can only be named
 * @ALIAS_A_INSTANCE_RANGE: a range of outside addresses, enum
 *	alias_range_attributes (nested); repeated, at least one, no overlaps,
 *	ALIAS_ADDRESSES_MAX addresses in all
 * @ALIAS_A_INSTANCE_PORT_MIN: lowest outside port, ICMP id and call id (NLA_U16,
 *	host endian, not 0), default 1024
 * @ALIAS_A_INSTANCE_PORT_MAX: highest (NLA_U16, host endian), default 65535
 * @ALIAS_A_INSTANCE_FLAGS: enum alias_instance_flags (NLA_U32), default 0
 * @ALIAS_A_INSTANCE_MAPPING: enum alias_mapping (NLA_U8), default EIM. It
 *	cannot change while there are links of a protocol that it would change
 *	for (EBUSY).
 * @ALIAS_A_INSTANCE_FILTER: enum alias_filter (NLA_U8), default EIF
 * @ALIAS_A_INSTANCE_PROTOCOL: what is different for one protocol, enum
 *	alias_protocol_attributes (nested); repeated, each protocol once
 * @ALIAS_A_INSTANCE_TIMEOUTS: enum alias_timeout_attributes (nested)
 * @ALIAS_A_INSTANCE_UDP_PORT: shorter life of UDP links to one port, enum
 *	alias_udp_port_attributes (nested); repeated, each port once, at most
 *	ALIAS_UDP_PORTS_MAX
 *
 * In answers only:
 * @ALIAS_A_INSTANCE_RULES: rules that name it (NLA_U32)
 * @ALIAS_A_INSTANCE_SUBSCRIBERS: inside addresses with links (NLA_U32)
 * @ALIAS_A_INSTANCE_LINKS_TCP: links, resting ones included (NLA_U32)
 * @ALIAS_A_INSTANCE_LINKS_UDP: same
 * @ALIAS_A_INSTANCE_LINKS_ICMP: same
 * @ALIAS_A_INSTANCE_LINKS_UDPLITE: same
 * @ALIAS_A_INSTANCE_LINKS_SCTP: same
 * @ALIAS_A_INSTANCE_LINKS_DCCP: same
 * @ALIAS_A_INSTANCE_LINKS_OTHER: same, all other protocols together, calls of PPTP
 *	included
 * @ALIAS_A_INSTANCE_ASIDE: links that were found damaged or of another instance
 *	and set aside, whoever found them (NLA_U32)
 * @ALIAS_A_INSTANCE_OUT: enum alias_counter_attributes (nested), outward
 * @ALIAS_A_INSTANCE_IN: enum alias_counter_attributes (nested), inward
 * @ALIAS_A_INSTANCE_PAD: padding for 64-bit values
 */
enum alias_instance_attributes {
	/* private: */
	ALIAS_A_INSTANCE_UNSPEC,
	/* public: */
	ALIAS_A_INSTANCE_NAME_STR,
	ALIAS_A_INSTANCE_NUMBER,
	ALIAS_A_INSTANCE_RANGE,
	ALIAS_A_INSTANCE_PORT_MIN,
	ALIAS_A_INSTANCE_PORT_MAX,
	ALIAS_A_INSTANCE_FLAGS,
	ALIAS_A_INSTANCE_MAPPING,
	ALIAS_A_INSTANCE_FILTER,
	ALIAS_A_INSTANCE_PROTOCOL,
	ALIAS_A_INSTANCE_TIMEOUTS,
	ALIAS_A_INSTANCE_UDP_PORT,
	ALIAS_A_INSTANCE_RULES,
	ALIAS_A_INSTANCE_SUBSCRIBERS,
	ALIAS_A_INSTANCE_LINKS_TCP,
	ALIAS_A_INSTANCE_LINKS_UDP,
	ALIAS_A_INSTANCE_LINKS_ICMP,
	ALIAS_A_INSTANCE_LINKS_UDPLITE,
	ALIAS_A_INSTANCE_LINKS_SCTP,
	ALIAS_A_INSTANCE_LINKS_DCCP,
	ALIAS_A_INSTANCE_LINKS_OTHER,
	ALIAS_A_INSTANCE_ASIDE,
	ALIAS_A_INSTANCE_OUT,
	ALIAS_A_INSTANCE_IN,
	ALIAS_A_INSTANCE_PAD,
	/* private: */
	__ALIAS_A_INSTANCE_MAX
};

#define ALIAS_A_INSTANCE_MAX (__ALIAS_A_INSTANCE_MAX - 1)

/**
 * enum alias_protocol_attributes - mapping and filter of one protocol
 * @ALIAS_A_PROTOCOL_NUMBER: IP protocol (NLA_U8), required: TCP, UDP, ICMP,
 *	UDP-Lite, SCTP or DCCP. All others have no ports and are always mapped
 *	and filtered by the addresses of both ends.
 * @ALIAS_A_PROTOCOL_MAPPING: enum alias_mapping (NLA_U8), default the instance's
 * @ALIAS_A_PROTOCOL_FILTER: enum alias_filter (NLA_U8), default the instance's
 */
enum alias_protocol_attributes {
	/* private: */
	ALIAS_A_PROTOCOL_UNSPEC,
	/* public: */
	ALIAS_A_PROTOCOL_NUMBER,
	ALIAS_A_PROTOCOL_MAPPING,
	ALIAS_A_PROTOCOL_FILTER,
	/* private: */
	__ALIAS_A_PROTOCOL_MAX
};

#define ALIAS_A_PROTOCOL_MAX (__ALIAS_A_PROTOCOL_MAX - 1)

/* No link lives longer unused: a week. */
#define ALIAS_TIMEOUT_SECONDS_MAX	604800

/**
 * enum alias_timeout_attributes - lives of unused links (all NLA_U32, seconds)
 * @ALIAS_A_TIMEOUT_TCP_OPENING: nothing came back yet; default 240, at least 8,
 *	so that a SYN can be sent four times (RFC 7857 section 2.2)
 * @ALIAS_A_TIMEOUT_TCP_ESTABLISHED: default 7440, at least that (RFC 5382
 *	REQ-5)
 * @ALIAS_A_TIMEOUT_TCP_CLOSING: both ends said good-bye, or a reset went by;
 *	default 240, at least that (RFC 5382 REQ-5)
 * @ALIAS_A_TIMEOUT_UDP: default 300, at least 120 (RFC 4787 REQ-5)
 * @ALIAS_A_TIMEOUT_ICMP: default 60, at least that (RFC 5508 REQ-2)
 * @ALIAS_A_TIMEOUT_UDPLITE: as for UDP
 * @ALIAS_A_TIMEOUT_SCTP_OPENING: as for TCP, and so the next two
 * @ALIAS_A_TIMEOUT_SCTP_ESTABLISHED: same
 * @ALIAS_A_TIMEOUT_SCTP_CLOSING: same
 * @ALIAS_A_TIMEOUT_DCCP_OPENING: default 240, at least that (RFC 5597 REQ-5)
 * @ALIAS_A_TIMEOUT_DCCP_ESTABLISHED: default 7440, at least that (RFC 5597
 *	REQ-5)
 * @ALIAS_A_TIMEOUT_DCCP_CLOSING: default 240, at least that (RFC 5597 REQ-5)
 * @ALIAS_A_TIMEOUT_OTHER: any other protocol, and calls of PPTP; default 600, at
 *	least 120
 * @ALIAS_A_TIMEOUT_HOLD: rest of a port after its link timed out, for protocols
 *	whose connections are not tracked; default 120 (RFC 6888 REQ-8), 0 for none
 *
 * None is above ALIAS_TIMEOUT_SECONDS_MAX. One that is too low or too high is
 * refused with ERANGE. A change counts for what packets do from then on; the
 * time that a link has left is not cut.
 */
enum alias_timeout_attributes {
	/* private: */
	ALIAS_A_TIMEOUT_UNSPEC,
	/* public: */
	ALIAS_A_TIMEOUT_TCP_OPENING,
	ALIAS_A_TIMEOUT_TCP_ESTABLISHED,
	ALIAS_A_TIMEOUT_TCP_CLOSING,
	ALIAS_A_TIMEOUT_UDP,
	ALIAS_A_TIMEOUT_ICMP,
	ALIAS_A_TIMEOUT_UDPLITE,
	ALIAS_A_TIMEOUT_SCTP_OPENING,
	ALIAS_A_TIMEOUT_SCTP_ESTABLISHED,
	ALIAS_A_TIMEOUT_SCTP_CLOSING,
	ALIAS_A_TIMEOUT_DCCP_OPENING,
	ALIAS_A_TIMEOUT_DCCP_ESTABLISHED,
	ALIAS_A_TIMEOUT_DCCP_CLOSING,
	ALIAS_A_TIMEOUT_OTHER,
	ALIAS_A_TIMEOUT_HOLD,
	/* private: */
	__ALIAS_A_TIMEOUT_MAX
};

#define ALIAS_A_TIMEOUT_MAX (__ALIAS_A_TIMEOUT_MAX - 1)

/* Entries of the table of UDP ports. */
#define ALIAS_UDP_PORTS_MAX	16

/**
 * enum alias_udp_port_attributes - UDP links to one port of their peers
 * @ALIAS_A_UDP_PORT_NUMBER: the peer's port, 1 to 1023 (NLA_U16, host endian),
 *	required
 * @ALIAS_A_UDP_PORT_SECONDS: life of a link that talks to such ports only
 *	(NLA_U32), 1 to ALIAS_TIMEOUT_SECONDS_MAX, required (RFC 4787 REQ-5a)
 */
enum alias_udp_port_attributes {
	/* private: */
	ALIAS_A_UDP_PORT_UNSPEC,
	/* public: */
	ALIAS_A_UDP_PORT_NUMBER,
	ALIAS_A_UDP_PORT_SECONDS,
	/* private: */
	__ALIAS_A_UDP_PORT_MAX
};

#define ALIAS_A_UDP_PORT_MAX (__ALIAS_A_UDP_PORT_MAX - 1)

/**
 * enum alias_range_attributes - outside addresses, both ends included
 * @ALIAS_A_RANGE_FIRST: IPv4 address (NLA_BE32), required
 * @ALIAS_A_RANGE_LAST: IPv4 address (NLA_BE32), default: the same
 *
 * 0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/3 are refused.
 */
enum alias_range_attributes {
	/* private: */
	ALIAS_A_RANGE_UNSPEC,
	/* public: */
	ALIAS_A_RANGE_FIRST,
	ALIAS_A_RANGE_LAST,
	/* private: */
	__ALIAS_A_RANGE_MAX
};

#define ALIAS_A_RANGE_MAX (__ALIAS_A_RANGE_MAX - 1)

/**
 * enum alias_counter_attributes - what became of the packets (all NLA_U64)
 * @ALIAS_A_COUNTER_PACKETS: translated
 * @ALIAS_A_COUNTER_BYTES: bytes of these, IP header included
 * @ALIAS_A_COUNTER_MALFORMED: shorter than a header says, or a header that
 *	lies about a length
 * @ALIAS_A_COUNTER_FRAGMENT: a fragment that was not reassembled
 * @ALIAS_A_COUNTER_PROTOCOL: a kind of ICMP that is neither a query nor an
 *	error that a NAT translates
 * @ALIAS_A_COUNTER_ZERO_PORT: TCP or UDP port 0
 * @ALIAS_A_COUNTER_NO_LINK: no link, and (outward) a packet that may not make
 *	one: a TCP reset, an echo reply
 * @ALIAS_A_COUNTER_NO_PORT: the subscriber's outside address has no free port
 * @ALIAS_A_COUNTER_NO_MEMORY: an allocation failed, or the link has so many peers
 *	already that an answer of this one would be filtered
 * @ALIAS_A_COUNTER_FOREIGN: a table held a link that is not this instance's
 *	own, or is damaged; it was taken out of the table and left in memory as
 *	evidence, and the kernel log names both sides once
 * @ALIAS_A_COUNTER_DYING: the instance was being deleted: seen only in the
 *	moment in which a map still gives its number
 * @ALIAS_A_COUNTER_CHECKSUM: an ICMP error with a wrong checksum, its own or
 *	that of the IP header it quotes (RFC 5508 REQ-3)
 * @ALIAS_A_COUNTER_FILTERED: inward, a link, but not for this sender
 * @ALIAS_A_COUNTER_PAD: padding for 64-bit values
 *
 * Outward, all but PACKETS and BYTES were dropped. Inward, NO_MEMORY, FOREIGN
 * and CHECKSUM were dropped and the others did not match; with ALIAS_F_DENY_IN all
 * were dropped.
 */
enum alias_counter_attributes {
	/* private: */
	ALIAS_A_COUNTER_UNSPEC,
	/* public: */
	ALIAS_A_COUNTER_PACKETS,
	ALIAS_A_COUNTER_BYTES,
	ALIAS_A_COUNTER_MALFORMED,
	ALIAS_A_COUNTER_FRAGMENT,
	ALIAS_A_COUNTER_PROTOCOL,
	ALIAS_A_COUNTER_ZERO_PORT,
	ALIAS_A_COUNTER_NO_LINK,
	ALIAS_A_COUNTER_NO_PORT,
	ALIAS_A_COUNTER_NO_MEMORY,
	ALIAS_A_COUNTER_FOREIGN,
	ALIAS_A_COUNTER_DYING,
	ALIAS_A_COUNTER_CHECKSUM,
	ALIAS_A_COUNTER_FILTERED,
	ALIAS_A_COUNTER_PAD,
	/* private: */
	__ALIAS_A_COUNTER_MAX
};

#define ALIAS_A_COUNTER_MAX (__ALIAS_A_COUNTER_MAX - 1)

/**
 * enum alias_link_state - where a link is in its life
 * @ALIAS_LINK_ACTIVE: UDP, ICMP and others without connections: in use
 * @ALIAS_LINK_OPENING: TCP, and the same in SCTP and DCCP: nothing came back yet
 * @ALIAS_LINK_ESTABLISHED: same
 * @ALIAS_LINK_FIN_OUT: same: the inside has closed its half
 * @ALIAS_LINK_FIN_IN: same: the outside has closed its half
 * @ALIAS_LINK_CLOSING: same: both halves closed
 * @ALIAS_LINK_RESET: same: a reset went by; data takes it back to ESTABLISHED
 * @ALIAS_LINK_RESTING: timed out; the port is kept from others for a while
 *	(RFC 6888 REQ-8), nothing passes inward
 */
enum alias_link_state {
	ALIAS_LINK_ACTIVE,
	ALIAS_LINK_OPENING,
	ALIAS_LINK_ESTABLISHED,
	ALIAS_LINK_FIN_OUT,
	ALIAS_LINK_FIN_IN,
	ALIAS_LINK_CLOSING,
	ALIAS_LINK_RESET,
	ALIAS_LINK_RESTING,
	/* private: */
	__ALIAS_LINK_STATE_MAX
};

#define ALIAS_LINK_STATE_MAX (__ALIAS_LINK_STATE_MAX - 1)

/**
 * enum alias_link_attributes - a link: the mapping of one inside endpoint
 * @ALIAS_A_LINK_INSTANCE: name of its instance (NLA_NUL_STRING)
 * @ALIAS_A_LINK_PROTOCOL: IP protocol number (NLA_U8)
 * @ALIAS_A_LINK_STATE: enum alias_link_state (NLA_U8)
 * @ALIAS_A_LINK_INSIDE_ADDRESS: NLA_BE32
 * @ALIAS_A_LINK_INSIDE_PORT: port, ICMP id or id of a PPTP call (NLA_BE16), not for
 *	protocols without ports
 * @ALIAS_A_LINK_OUTSIDE_ADDRESS: NLA_BE32
 * @ALIAS_A_LINK_OUTSIDE_PORT: port, ICMP id or id of a PPTP call (NLA_BE16), not for
 *	protocols without ports
 * @ALIAS_A_LINK_PEER_ADDRESS: the peer that the inside opened the link for
 *	(NLA_BE32); others may use it as well
 * @ALIAS_A_LINK_PEER_PORT: its port (NLA_BE16), not for ICMP, calls of PPTP and
 *	protocols without ports
 * @ALIAS_A_LINK_SECONDS: seconds until it times out, for a resting link until
 *	its port is free (NLA_U32)
 * @ALIAS_A_LINK_PEERS: peers whose connections or permissions are tracked one by
 *	one (NLA_U32), if more than one
 */
enum alias_link_attributes {
	/* private: */
	ALIAS_A_LINK_UNSPEC,
	/* public: */
	ALIAS_A_LINK_INSTANCE,
	ALIAS_A_LINK_PROTOCOL,
	ALIAS_A_LINK_STATE,
	ALIAS_A_LINK_INSIDE_ADDRESS,
	ALIAS_A_LINK_INSIDE_PORT,
	ALIAS_A_LINK_OUTSIDE_ADDRESS,
	ALIAS_A_LINK_OUTSIDE_PORT,
	ALIAS_A_LINK_PEER_ADDRESS,
	ALIAS_A_LINK_PEER_PORT,
	ALIAS_A_LINK_SECONDS,
	ALIAS_A_LINK_PEERS,
	/* private: */
	__ALIAS_A_LINK_MAX
};

#define ALIAS_A_LINK_MAX (__ALIAS_A_LINK_MAX - 1)

/**
 * enum alias_namespace_attributes - packets that reached no instance
 * @ALIAS_A_NAMESPACE_OUT_NO_INSTANCE: outward, dropped: no instance has the
 *	number that a map gave (NLA_U64)
 * @ALIAS_A_NAMESPACE_IN_NO_INSTANCE: inward, not matched (NLA_U64)
 * @ALIAS_A_NAMESPACE_PAD: padding for 64-bit values
 */
enum alias_namespace_attributes {
	/* private: */
	ALIAS_A_NAMESPACE_UNSPEC,
	/* public: */
	ALIAS_A_NAMESPACE_OUT_NO_INSTANCE,
	ALIAS_A_NAMESPACE_IN_NO_INSTANCE,
	ALIAS_A_NAMESPACE_PAD,
	/* private: */
	__ALIAS_A_NAMESPACE_MAX
};

#define ALIAS_A_NAMESPACE_MAX (__ALIAS_A_NAMESPACE_MAX - 1)

#endif /* _UAPI_LINUX_NETFILTER_NFT_ALIAS_H */
