package sim

import "slices"

// tendMembers is what the coordinator of a cluster does, here at each partition's leader: a node whose disk was lost has a new
// generation, so the old member is removed, the new one takes part without a vote, and votes once it has caught up.
func tendMembers(r *replica) {
	if r.leading == nil || !r.leading.settled || r.config != r.committed || r.leading.target != none {
		return
	}
	for _, number := range r.w().hosts(r.partition) {
		n := r.w().nodes[number]
		id := n.id()
		m, known := r.config.find(id)
		switch {
		case known && m.voter:
		case known:
			if isCaughtUp(r, id) {
				changeMembers(r, func(members []member) []member {
					i := slices.IndexFunc(members, func(m member) bool { return m.id == id })
					members[i].voter = true
					return members
				})
				return
			}
		case n.up && hasStranger(r, number):
			changeMembers(r, func(members []member) []member {
				return slices.DeleteFunc(members, func(m member) bool { return m.id.node == number })
			})
			return
		case n.up:
			changeMembers(r, func(members []member) []member { return append(members, member{id, false}) })
			return
		}
	}
}

// hasStranger tells whether another generation of a node is still a member.
func hasStranger(r *replica, node int) bool {
	return slices.ContainsFunc(r.config.members, func(m member) bool { return m.id.node == node })
}

// changeMembers appends a new configuration; the next change waits until it is committed.
func changeMembers(r *replica, how func([]member) []member) {
	r.appendOwn(&entry{config: &configuration{members: how(slices.Clone(r.config.members))}})
}

// isCaughtUp tells whether a member has all but the newest entries.
func isCaughtUp(r *replica, id serverID) bool {
	i := slices.IndexFunc(r.leading.peers, func(p *peer) bool { return p.id == id })
	return i >= 0 && r.leading.peers[i].match > 0 && r.leading.peers[i].match+16 >= r.log.last()
}
