package cluster

// Leader is the server id of the node that leads a partition, as far as this node knows; "" while
// nobody does.
func (r *Router) Leader(id int32) string { return r.table.leader(id).server }
